import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { parse } from "papaparse";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "@/tests/e2e/browser";
import { LOOKS } from "@/tests/e2e/looks";
import { createCustomer, signIn, type Customer } from "@/tests/e2e/product-desk";
import { READY, spawnProduct, type RunningProduct } from "@/tests/factories/start-product";

const REQUESTS = 3;

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "switchyard-usage-")));
let product: RunningProduct;
let browser: Browser;
let ada: Customer;
let state: BrowserContextOptions["storageState"];

beforeAll(async () => {
  product = await spawnProduct(path.join(folder, "data"));
  [browser] = await Promise.all([launchBrowser(), product.said(READY)]);
  ada = await createCustomer(product, "ada");
  for (let count = 0; count < REQUESTS; count++) await ask();
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(product, page, ada);
  await page.waitForURL("**/dashboard");
  state = await context.storageState();
  await context.close();
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(): Promise<void> {
  const input = [
    {
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: "<environment_context><cwd>/home/ada/site</cwd></environment_context>" }],
    },
    { type: "message", role: "user", content: [{ type: "input_text", text: "Say hello" }] },
  ];
  const answer = await fetch(`${product.url}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${ada.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-5.5", input }),
  });
  expect(answer.status).toBe(200);
}

test("usage by project names the folder by its hash, and leads to its requests and back to the bar's", async () => {
  const page = await openPage({}, "/dashboard/usage?range=today&groupBy=project");
  const table = page.getByRole("table", { name: "By project" });
  const link = table.getByRole("link", { name: /^Folder [0-9a-f]{6}$/ });
  expect(await table.getByRole("row").nth(1).innerText()).toContain(String(REQUESTS));
  await link.click();
  await page.waitForURL("**/dashboard/requests?*project=dir_*");
  await page.getByText(`${REQUESTS} requests`).waitFor();
  await page.goBack();
  await page.getByRole("group", { name: "Spend by hour" }).getByRole("link").first().click();
  await page.waitForURL("**/dashboard/requests?from=*");
  await page.getByText(`${REQUESTS} requests`).waitFor();
});

test("what is chosen stands in the address, and works without JavaScript", async () => {
  const page = await openPage({ javaScriptEnabled: false }, "/dashboard/usage");
  for (const [group, name] of [
    ["Range", "30 days"],
    ["Show", "Tokens"],
    ["Group by", "Model"],
  ] as const) {
    await page.getByRole("navigation", { name: group }).getByRole("link", { name }).click();
  }
  await page.waitForURL("**/dashboard/usage?range=30d&groupBy=model&measure=tokens");
  expect(await page.getByRole("table", { name: "By model" }).innerText()).toContain("gpt-5.5");
  await page.goto(`${product.url}/dashboard/usage?from=2026-02-31&to=x&bucket=eon`);
  await page.getByText("bucket is one of minute, hour, day, month.").first().waitFor();
  await page.getByText("from must be a day such as 2026-11-20.").first().waitFor();
});

test("days are those of the viewer's zone, which is named beside the chart as its people call it", async () => {
  for (const timezoneId of ["Asia/Kolkata", "America/Los_Angeles"]) {
    const page = await openPage({ timezoneId }, "/dashboard/usage?range=today");
    await page.getByText(`Times in ${timezoneId}`).waitFor();
    const today = new Intl.DateTimeFormat("en-CA", { timeZone: timezoneId }).format(new Date());
    await page.getByText("Custom").click();
    expect(await page.getByLabel(/^To /).inputValue()).toBe(today);
  }
});

test("the ledger adds up, leads to its requests, and exports what it shows", async () => {
  const page = await openPage({}, "/dashboard/wallet");
  const table = page.getByRole("table", { name: "What went through the wallet" });
  expect(await table.getByRole("row").count()).toBe(REQUESTS + 2);
  expect(await table.getByRole("row").last().innerText()).toContain("+$10.000000");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export CSV" }).click()]);
  const { data } = parse<Record<string, string>>((await readFile(await download.path(), "utf8")).trimEnd(), { header: true });
  expect(data.map(({ kind }) => kind)).toEqual([...Array.from({ length: REQUESTS }, () => "settle"), "adjustment"]);
  const micro = data.reduce((sum, { amount_usd = "" }) => sum + BigInt(amount_usd.replace(".", "")), 0n);
  expect(BigInt(data[0]?.["balance_usd"]?.replace(".", "") ?? "")).toBe(micro);
  expect(Object.keys(data[0] ?? {})).not.toContain("held_change_usd");
  const [withHolds] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export with holds" }).click()]);
  expect((await readFile(await withHolds.path(), "utf8")).split("\n")[0]).toContain("held_change_usd");
  await page.getByRole("link", { name: "Also what was held" }).click();
  await expect.poll(() => table.getByRole("row").count()).toBe(2 * REQUESTS + 2);
  await table.getByRole("link", { name: "Request" }).first().click();
  await page.waitForURL("**/dashboard/requests/req_*");
});

test("a threshold is added, warned of above every page, and removed; a wrong one is kept and named", async () => {
  const page = await openPage({}, "/dashboard/wallet");
  const field = page.getByLabel("Tell me below, in USD");
  await field.fill("much");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("Write an amount of US dollars, such as 5 or 12.50.").waitFor();
  expect(await field.inputValue()).toBe("much");
  await field.fill("$1,000");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("below it now").waitFor();
  await page.getByText(/^Your balance is .*below \$1,000\.00\./).waitFor();
  await page.goto(`${product.url}/dashboard/keys`);
  await page.getByText(/^Your balance is .*below \$1,000\.00\./).waitFor();
  await page.getByRole("link", { name: "Open the wallet" }).click();
  await page.waitForURL("**/dashboard/wallet");
  await page.getByRole("button", { name: "Remove the threshold $1,000.00" }).click();
  await expect.poll(() => page.getByText("below it now").count()).toBe(0);
  await expect.poll(() => page.getByText(/^Your balance is/).count()).toBe(0);
});

test("the card of what runs follows the wallet's pace", async () => {
  const page = await openPage({}, "/dashboard/usage");
  await page.getByText("0 requests run").waitFor();
  await page.getByText(/^Lasts .* at the pace of the last 24 hours\.$/).waitFor();
});

test.each(LOOKS)("$width pixels wide and $colorScheme: no axe violation and no sideways scroll", async ({ width, colorScheme }) => {
  const found: string[] = [];
  for (const address of [
    "/dashboard/usage",
    "/dashboard/usage?range=today&groupBy=project&measure=tokens",
    "/dashboard/wallet",
    "/dashboard/wallet?holds=true",
  ]) {
    const page = await openPage({ colorScheme, viewport: { width, height: 800 } }, address);
    await page.waitForLoadState("networkidle");
    const { violations } = await new AxeBuilder({ page }).analyze();
    found.push(...violations.map(({ id, nodes }) => `${address}: ${id} ${nodes.map(({ html }) => html).join(" ")}`));
    if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) found.push(`${address}: scrolls sideways`);
  }
  expect(found).toEqual([]);
});

/** In a context of its own. Whatever the browser complains about fails the test. */
async function openPage(options: BrowserContextOptions, address?: string): Promise<Page> {
  const context = await browser.newContext({ storageState: state, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  if (address !== undefined) await page.goto(`${product.url}${address}`);
  return page;
}

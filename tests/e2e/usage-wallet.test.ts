import { readFile } from "node:fs/promises";
import { parse } from "papaparse";
import type { BrowserContextOptions } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf } from "@/tests/e2e/page-faults";
import { ask, createCustomer, enter } from "@/tests/e2e/product-desk";

const REQUESTS = 3;

const desk = startDesk();
let storageState: BrowserContextOptions["storageState"];

beforeAll(async () => {
  const ada = await createCustomer(desk.product, "ada");
  for (let count = 0; count < REQUESTS; count++) await askInFolder(ada.apiKey);
  storageState = await desk.withPage(async (page) => {
    await enter(desk.product, page, ada);
    return page.context().storageState();
  });
});

/** As the Codex CLI asks in a folder. */
async function askInFolder(apiKey: string): Promise<void> {
  const input = ["<environment_context><cwd>/home/ada/site</cwd></environment_context>", "Say hello"].map((text) => ({
    type: "message",
    role: "user",
    content: [{ type: "input_text", text }],
  }));
  expect((await ask(desk.product, apiKey, { model: "gpt-5.5", input })).status).toBe(200);
}

test("usage by project names the folder by its hash, and leads to its requests and back to the bar's", async () => {
  const page = await desk.openPage({ storageState, at: "/dashboard/usage?range=today&groupBy=project" });
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
  const page = await desk.openPage({ storageState, at: "/dashboard/usage", javaScriptEnabled: false });
  for (const [group, name] of [
    ["Range", "30 days"],
    ["Show", "Tokens"],
    ["Group by", "Model"],
  ] as const) {
    await page.getByRole("navigation", { name: group }).getByRole("link", { name }).click();
  }
  await page.waitForURL("**/dashboard/usage?range=30d&groupBy=model&measure=tokens");
  expect(await page.getByRole("table", { name: "By model" }).innerText()).toContain("gpt-5.5");
  await page.goto("/dashboard/usage?from=2026-02-31&to=x&bucket=eon");
  await page.getByText("bucket is one of minute, hour, day, month.").first().waitFor();
  await page.getByText("from must be a day such as 2026-11-20.").first().waitFor();
});

test("days are those of the viewer's zone, which is named beside the chart as its people call it", async () => {
  for (const timezoneId of ["Asia/Kolkata", "America/Los_Angeles"]) {
    const page = await desk.openPage({ storageState, at: "/dashboard/usage?range=today", timezoneId });
    await page.getByText(`Times in ${timezoneId}`).waitFor();
    const today = new Intl.DateTimeFormat("en-CA", { timeZone: timezoneId }).format(new Date());
    await page.getByText("Custom").click();
    expect(await page.getByLabel(/^To /).inputValue()).toBe(today);
  }
});

test("the ledger adds up, leads to its requests, and exports what it shows", async () => {
  const page = await desk.openPage({ storageState, at: "/dashboard/wallet" });
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
  const page = await desk.openPage({ storageState, at: "/dashboard/wallet" });
  const field = page.getByLabel("Tell me below, in USD");
  await field.fill("much");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("Write an amount of US dollars, such as 5 or 12.50.").waitFor();
  expect(await field.inputValue()).toBe("much");
  await field.fill("$1,000");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByText("below it now").waitFor();
  await page.getByText(/^Your balance is .*below \$1,000\.00\./).waitFor();
  await page.goto("/dashboard/keys");
  await page.getByText(/^Your balance is .*below \$1,000\.00\./).waitFor();
  await page.getByRole("link", { name: "Open the wallet" }).click();
  await page.waitForURL("**/dashboard/wallet");
  await page.getByRole("button", { name: "Remove the threshold $1,000.00" }).click();
  await expect.poll(() => page.getByText("below it now").count()).toBe(0);
  await expect.poll(() => page.getByText(/^Your balance is/).count()).toBe(0);
});

test("the card of what runs follows the wallet's pace", async () => {
  const page = await desk.openPage({ storageState, at: "/dashboard/usage" });
  await page.getByText("0 requests run").waitFor();
  await page.getByText(/^Lasts .* at the pace of the last 24 hours\.$/).waitFor();
});

test.each(LOOKS)("$width pixels wide and $colorScheme: no axe violation and no sideways scroll", async (look) => {
  const page = await desk.openPage({ storageState, ...inLook(look) });
  const addresses = [
    "/dashboard/usage",
    "/dashboard/usage?range=today&groupBy=project&measure=tokens",
    "/dashboard/wallet",
    "/dashboard/wallet?holds=true",
  ];
  expect(await faultsOf(page, addresses, () => page.waitForLoadState("networkidle"))).toEqual([]);
});

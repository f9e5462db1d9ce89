import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { parse } from "papaparse";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "@/tests/e2e/browser";
import { LOOKS } from "@/tests/e2e/looks";
import { createCustomer, signIn, type Customer } from "@/tests/e2e/product-desk";
import { READY, spawnProduct, type RunningProduct } from "@/tests/factories/start-product";

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "switchyard-requests-")));
const ANSWERED = 55;
let product: RunningProduct;
let browser: Browser;
let ada: Customer;
let other: Customer;

beforeAll(async () => {
  product = await spawnProduct(path.join(folder, "data"), { CODEX_LANES: "off" });
  [browser] = await Promise.all([launchBrowser(), product.said(READY)]);
  [ada, other] = [await createCustomer(product, "ada"), await createCustomer(product, "grace")];
  for (let count = 0; count < ANSWERED; count += 1) await ask({ model: "gpt-5.5", input: "say: hello" });
  await ask({ model: "no-such-model", input: "hello" });
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(body: object): Promise<void> {
  await fetch(`${product.url}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${ada.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  }).then((answer) => answer.text());
}

type View = { javaScriptEnabled?: boolean; width?: number; colorScheme?: "light" | "dark" };

async function openSignedIn(address: string, { width = 1280, ...view }: View = {}, as: Customer = ada): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...view });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await signIn(product, page, as);
  await page.waitForURL("**/dashboard");
  await page.goto(`${product.url}${address}`);
  return page;
}

describe("the request log", () => {
  test("is narrowed down by its form, page by page, and its address says how", async () => {
    const page = await openSignedIn("/dashboard/requests");
    await page.getByText(`${ANSWERED + 1} requests`).waitFor();
    expect(await page.getByRole("row").count()).toBe(51);
    await page.getByRole("link", { name: "Older" }).click();
    await page.getByRole("heading", { name: "Older" }).waitFor();
    expect(await page.getByRole("row").count()).toBe(ANSWERED + 1 - 50 + 1);
    await page.getByLabel("Outcome").selectOption("refused");
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL("**outcome=refused**");
    await page.getByText("1 request", { exact: true }).waitFor();
    expect(await page.getByRole("row").count()).toBe(2);
    await page.reload();
    expect(await page.getByLabel("Outcome").inputValue()).toBe("refused");
    await page.getByRole("link", { name: "Clear" }).click();
    await page.getByText(`${ANSWERED + 1} requests`).waitFor();
  });

  test("shows one request beside the list, closes with Escape, and works without JavaScript", async () => {
    const page = await openSignedIn("/dashboard/requests?outcome=completed");
    await page
      .getByRole("link", { name: /^Request of/ })
      .first()
      .click();
    const panel = page.getByRole("complementary", { name: "gpt-5.5" });
    await panel.getByText("Wallet answered").waitFor();
    await panel.getByText("Charged, rounded up to the micro-dollar").waitFor();
    await panel.getByText("Settled at what it cost").waitFor();
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });

    const plain = await openSignedIn("/dashboard/requests?outcome=refused", { javaScriptEnabled: false });
    expect(await plain.getByRole("row").nth(1).getByRole("cell").last().innerText()).toMatch(/^refused\s+model not found$/);
    await plain
      .getByRole("link", { name: /^Request of/ })
      .first()
      .click();
    await plain
      .getByRole("complementary", { name: "no-such-model" })
      .getByText(/with the code model_not_found/)
      .waitFor();
  });

  test("names what it did not understand, and does the rest", async () => {
    const page = await openSignedIn("/dashboard/requests?outcome=completed&minMs=soon&before=nonsense");
    await page
      .getByText(/minMs must be a whole number of milliseconds/)
      .first()
      .waitFor();
    await page.getByText("This address leads to no page of the log.").waitFor();
    await page.getByText(`${ANSWERED} requests`).waitFor();
  });

  test("is exported as it is filtered", async () => {
    const page = await openSignedIn("/dashboard/requests?outcome=refused");
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export CSV" }).click()]);
    expect(download.suggestedFilename()).toMatch(/^requests-\d{4}-\d\d-\d\d\.csv$/);
    const { data } = parse<Record<string, string>>(readFileSync(await download.path(), "utf8").trimEnd(), { header: true });
    expect(data).toMatchObject([{ model: "no-such-model", outcome: "refused", error_code: "model_not_found", cost_usd: "0.000000" }]);
  });

  test("of somebody else has no page, and no row", async () => {
    const page = await openSignedIn("/dashboard/requests");
    const href = await page
      .getByRole("link", { name: /^Request of/ })
      .first()
      .getAttribute("href");
    const id = new URL(href ?? "", product.url).searchParams.get("request") ?? "";
    const stranger = await openSignedIn(`/dashboard/requests?request=${id}`, {}, other);
    await stranger.getByText("No requests in this time").waitFor();
    expect(await stranger.getByRole("complementary", { name: "no-such-model" }).count()).toBe(0);
    expect((await stranger.goto(`${product.url}/dashboard/requests/${id}`))?.status()).toBe(404);
    expect((await stranger.request.get(`${product.url}/api/v1/requests/${id}`)).status()).toBe(404);
  });

  test.each(LOOKS)(
    "$width pixels wide, $colorScheme: no axe violation and no sideways scroll, with a request open and without",
    async (view) => {
      const page = await openSignedIn("/dashboard/requests", view);
      const look = async () => {
        await page.getByText("Newest first").waitFor();
        const { violations } = await new AxeBuilder({ page }).exclude("[data-base-ui-focus-guard]").analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      };
      await look();
      await page
        .getByRole("link", { name: /^Request of/ })
        .first()
        .click();
      await page.getByRole("complementary", { name: "no-such-model" }).waitFor();
      await look();
    },
  );
});

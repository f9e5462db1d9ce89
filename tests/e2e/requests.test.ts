import { readFileSync } from "node:fs";
import { parse } from "papaparse";
import { beforeAll, describe, expect, test } from "vitest";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { FOCUS_GUARDS, pageFaults } from "@/tests/e2e/page-faults";
import { ask, createCustomer, type Customer } from "@/tests/e2e/product-desk";

const ANSWERED = 55;

const desk = startDesk({ settings: { CODEX_LANES: "off" } });
let ada: Customer;
let other: Customer;

beforeAll(async () => {
  [ada, other] = [await createCustomer(desk.product, "ada"), await createCustomer(desk.product, "grace")];
  const bodies = [
    ...Array.from({ length: ANSWERED }, () => ({ model: "gpt-5.5", input: "say: hello" })),
    { model: "no-such-model", input: "hello" },
  ];
  for (const body of bodies) await (await ask(desk.product, ada.apiKey, body)).text();
});

describe("the request log", () => {
  test("is narrowed down by its form, page by page, and its address says how", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/requests" });
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
    const page = await desk.openSignedIn(ada, { at: "/dashboard/requests?outcome=completed" });
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

    const plain = await desk.openSignedIn(ada, { at: "/dashboard/requests?outcome=refused", javaScriptEnabled: false });
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
    const page = await desk.openSignedIn(ada, { at: "/dashboard/requests?outcome=completed&minMs=soon&before=nonsense" });
    await page
      .getByText(/minMs must be a whole number of milliseconds/)
      .first()
      .waitFor();
    await page.getByText("This address leads to no page of the log.").waitFor();
    await page.getByText(`${ANSWERED} requests`).waitFor();
  });

  test("is exported as it is filtered", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/requests?outcome=refused" });
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Export CSV" }).click()]);
    expect(download.suggestedFilename()).toMatch(/^requests-\d{4}-\d\d-\d\d\.csv$/);
    const { data } = parse<Record<string, string>>(readFileSync(await download.path(), "utf8").trimEnd(), { header: true });
    expect(data).toMatchObject([{ model: "no-such-model", outcome: "refused", error_code: "model_not_found", cost_usd: "0.000000" }]);
  });

  test("of somebody else has no page, and no row", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard/requests" });
    const href = await page
      .getByRole("link", { name: /^Request of/ })
      .first()
      .getAttribute("href");
    const id = new URL(href ?? "", desk.url).searchParams.get("request") ?? "";
    const stranger = await desk.openSignedIn(other, { at: `/dashboard/requests?request=${id}`, expectedComplaint: "404" });
    await stranger.getByText("No requests in this time").waitFor();
    expect(await stranger.getByRole("complementary", { name: "no-such-model" }).count()).toBe(0);
    expect((await stranger.goto(`/dashboard/requests/${id}`))?.status()).toBe(404);
    expect((await stranger.request.get(`${desk.url}/api/v1/requests/${id}`)).status()).toBe(404);
  });

  test.each(LOOKS)(
    "$width pixels wide, $colorScheme: no axe violation and no sideways scroll, with a request open and without",
    async (look) => {
      const page = await desk.openSignedIn(ada, { at: "/dashboard/requests", ...inLook(look) });
      await page.getByText("Newest first").waitFor();
      const found = await pageFaults(page, "the log", { exclude: FOCUS_GUARDS });
      await page
        .getByRole("link", { name: /^Request of/ })
        .first()
        .click();
      await page.getByRole("complementary", { name: "no-such-model" }).waitFor();
      await page.getByText("Newest first").waitFor();
      found.push(...(await pageFaults(page, "with a request open", { exclude: FOCUS_GUARDS })));
      expect(found).toEqual([]);
    },
  );
});

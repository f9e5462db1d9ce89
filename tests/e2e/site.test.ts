import { beforeAll, describe, expect, test } from "vitest";
import { brokenLinks } from "@/tests/e2e/broken-links";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf } from "@/tests/e2e/page-faults";
import { createCustomer, type Customer, enter } from "@/tests/e2e/product-desk";

const PAGES = ["/", "/pricing", "/calculator", "/terms", "/privacy", "/changelog", "/status"];
const MINUTE_MS = 60_000;

const desk = startDesk({ settings: { SUPPORT_EMAIL: "help@example.com", PLATFORM_FEE_USD: "99.50" }, ownRequestsOnly: true });
let ada: Customer;

beforeAll(async () => {
  ada = await createCustomer(desk.product, "ada");
});

describe("every public page", () => {
  test.each(LOOKS)(
    "$width pixels wide and $colorScheme: no axe violation, no sideways scroll, a title and a description of its own",
    async (look) => {
      const page = await desk.openPage(inLook(look));
      const titles = new Set<string>();
      const found = await faultsOf(page, PAGES, async (_, status) => {
        expect(status).toBe(200);
        await page.waitForLoadState("networkidle");
        titles.add(await page.title());
        titles.add((await page.locator('meta[name="description"]').getAttribute("content")) ?? "");
      });
      expect(found).toEqual([]);
      expect(titles.size).toBe(2 * PAGES.length);
    },
  );

  test("leads only to what exists: every link of our own resolves, its place on the page too", async () => {
    expect(await brokenLinks(desk.url, PAGES)).toEqual([]);
  });

  test("has a preview image, drawn here, under the public address", async () => {
    for (const address of PAGES) {
      const html = await (await fetch(`${desk.url}${address}`)).text();
      const image = /<meta property="og:image" content="([^"]+)"/.exec(html)?.[1] ?? "";
      expect(image.startsWith(`${desk.url}/`), `${address}: ${image}`).toBe(true);
      const answer = await fetch(image);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
    }
  });
});

test("the sitemap names pages that exist, and robots.txt names the sitemap", async () => {
  const robots = await (await fetch(`${desk.url}/robots.txt`)).text();
  expect(robots).toContain(`Sitemap: ${desk.url}/sitemap.xml`);
  const sitemap = await (await fetch(`${desk.url}/sitemap.xml`)).text();
  const addresses = [...sitemap.matchAll(/<loc>([^<]+)<\/loc>/g)].map(([, address]) => address ?? "");
  expect(addresses.length).toBeGreaterThanOrEqual(PAGES.length);
  for (const address of addresses) expect((await fetch(address)).status, address).toBe(200);
});

describe("the way in", () => {
  test("a stranger is offered an account, and whoever is signed in their dashboard, on the home page too", async () => {
    const page = await desk.openPage();
    await page.goto("/");
    expect(await page.getByRole("banner").getByRole("link", { name: "Get started" }).getAttribute("href")).toBe("/sign-up");
    await enter(desk.product, page, ada);
    await page.goto("/");
    expect(new URL(page.url()).pathname).toBe("/");
    await page.getByRole("banner").getByRole("link", { name: "Dashboard" }).click();
    await page.waitForURL("**/dashboard");
  });

  test("the menu of a phone opens without JavaScript", async () => {
    const page = await desk.openPage({ viewport: { width: 360, height: 700 }, javaScriptEnabled: false });
    await page.goto("/");
    await page
      .locator("summary", { has: page.locator("svg") })
      .first()
      .click();
    await page.getByRole("navigation", { name: "Menu" }).getByRole("link", { name: "Pricing" }).click();
    await page.getByRole("heading", { level: 1, name: "Pricing" }).waitFor();
  });
});

test("prices are those of the settings and the price book, and the operator's costs are nowhere", async () => {
  const page = await desk.openPage();
  await page.goto("/pricing");
  await page.getByText("$99.50").waitFor();
  const [row] = await page.getByRole("table").getByRole("row").filter({ hasText: "gpt-5.5" }).allInnerTexts();
  expect(row).toMatch(/\$5\.00\s+\$0\.50\s+\$5\.00\s+\$30\.00\s+not sold/);
  expect(await page.content()).not.toMatch(/provider_cost|costUsd/);
});

describe("the calculator", () => {
  test("answers while one types, says when the meter is better, and keeps what was written in the address", async () => {
    const page = await desk.openPage();
    await page.goto("/calculator");
    const verdict = page.getByRole("status");
    await verdict.getByText("ChatGPT Pro 5x and the fee would cost $199.50 in place of $400.00").waitFor();
    await page.getByLabel("Monthly OpenAI bill, US$").fill("60");
    await verdict.getByText("The meter is the better choice").waitFor();
    await verdict.getByText("above a monthly bill of $119.50").waitFor();
    expect(new URL(page.url()).search).toBe("?bill=60");
    await page.reload();
    expect(await page.getByLabel("Monthly OpenAI bill, US$").inputValue()).toBe("60");
    await page.getByLabel("Monthly OpenAI bill, US$").fill("much");
    await page.getByText("Write an amount in US dollars, like 400 or 12.50.").waitFor();
  });

  test("works without JavaScript", async () => {
    const page = await desk.openPage({ javaScriptEnabled: false });
    await page.goto("/calculator");
    await page.getByLabel("Monthly OpenAI bill, US$").fill("60");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText("The meter is the better choice").waitFor();
    expect(await page.getByLabel("Monthly OpenAI bill, US$").inputValue()).toBe("60");
  });

  test("reads an export in the browser: nothing of it is sent, and a mistake is named with its line and column", async () => {
    const page = await desk.openPage();
    await page.goto("/calculator");
    await page.waitForLoadState("networkidle");
    const sent: string[] = [];
    page.on("request", (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname} ${request.postData() ?? ""}`));
    const text = page.getByLabel("Or its text");
    await text.fill("start_time_iso,amount_value,amount_currency\n2026-11-01T00:00:00Z,20.40,usd\n2026-11-02T00:00:00Z,secret-project,usd");
    await page.getByText('Line 3, column amount_value: "secret-project" is not an amount of money.').waitFor();
    await text.fill("start_time_iso,amount_value,amount_currency\n2026-11-01T00:00:00Z,20.40,usd\n2026-11-02T00:00:00Z,19.60,usd");
    await page.getByText("2 rows of costs: $40.00 in 2 days, which is $600.00 for thirty.").waitFor();
    expect(await page.getByLabel("Monthly OpenAI bill, US$").inputValue()).toBe("600.00");
    await page.getByLabel("CSV file").setInputFiles({
      name: "usage.csv",
      mimeType: "text/csv",
      buffer: Buffer.from("date,model,input_tokens,output_tokens\n2026-11-01,gpt-5.5,1000000,100000\n"),
    });
    await page.getByText("1 row of usage: $8.00 in 1 day, which is $240.00 for thirty.").waitFor();
    // Only the parser itself was asked for.
    expect(sent.filter((line) => !/^GET \/_next\/static\/.+\.js $/.test(line))).toEqual([]);
  });
});

describe("the status page", () => {
  test(
    "shows what the probes of the running product found, and its feed is XML without an address",
    async () => {
      const page = await desk.openPage();
      await expect
        .poll(
          async () => {
            await page.goto("/status");
            return page.getByText("Everything that is probed is working").count();
          },
          { timeout: MINUTE_MS, interval: 2_000 },
        )
        .toBe(1);
      const components = page.getByRole("region", { name: "Components" });
      for (const name of ["Gateway", "Database", "Wallet provider"]) await components.getByRole("heading", { name }).waitFor();
      expect(await components.getByRole("img").first().getAttribute("aria-label")).toMatch(/^90 days: 1 probed/);
      const feed = await fetch(`${desk.url}/status/feed.xml`);
      expect(feed.headers.get("content-type")).toContain("application/rss+xml");
      expect(await feed.text()).toMatch(/^<\?xml .+<\/rss>\n$/s);
    },
    2 * MINUTE_MS,
  );
});

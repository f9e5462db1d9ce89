import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchBrowser } from "@/tests/e2e/browser";
import { LOOKS } from "@/tests/e2e/looks";
import { createCustomer, type Customer, signIn } from "@/tests/e2e/product-desk";
import { READY, spawnProduct, type RunningProduct } from "@/tests/factories/start-product";

const PAGES = ["/", "/pricing", "/calculator", "/terms", "/privacy", "/changelog", "/status"];
const MINUTE_MS = 60_000;

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "switchyard-site-")));
let product: RunningProduct;
let browser: Browser;
let ada: Customer;

beforeAll(async () => {
  product = await spawnProduct(path.join(folder, "data"), { SUPPORT_EMAIL: "help@example.com", PLATFORM_FEE_USD: "99.50" });
  [browser] = await Promise.all([launchBrowser(), product.said(READY)]);
  ada = await createCustomer(product, "ada");
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("every public page", () => {
  test.each(LOOKS)(
    "$width pixels wide and $colorScheme: no axe violation, no sideways scroll, a title and a description of its own",
    async ({ width, colorScheme }) => {
      const page = await openPage({ colorScheme, viewport: { width, height: 900 } });
      const found: string[] = [];
      const titles = new Set<string>();
      for (const address of PAGES) {
        expect((await page.goto(`${product.url}${address}`))?.status()).toBe(200);
        await page.waitForLoadState("networkidle");
        const { violations } = await new AxeBuilder({ page }).analyze();
        found.push(...violations.map(({ id, nodes }) => `${address}: ${id} ${nodes.map(({ html }) => html).join(" ")}`));
        if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) found.push(`${address}: scrolls sideways`);
        titles.add(await page.title());
        titles.add((await page.locator('meta[name="description"]').getAttribute("content")) ?? "");
      }
      expect(found).toEqual([]);
      expect(titles.size).toBe(2 * PAGES.length);
    },
  );

  test("leads only to what exists: every link of our own resolves, its place on the page too", async () => {
    const documents = new Map<string, Promise<{ status: number; html: string }>>();
    const load = (address: string) => {
      const known =
        documents.get(address) ??
        fetch(`${product.url}${address}`).then(async (answer) => ({ status: answer.status, html: await answer.text() }));
      documents.set(address, known);
      return known;
    };
    const missing: string[] = [];
    for (const address of PAGES) {
      const { html } = await load(address);
      const targets = [...html.matchAll(/<a [^>]*?href="([^"]+)"/g)].map(
        ([, href]) => new URL(href!.replaceAll("&amp;", "&"), `${product.url}${address}`),
      );
      for (const { origin, pathname, hash } of targets) {
        if (origin !== product.url) continue;
        const target = await load(pathname);
        if (target.status !== 200) missing.push(`${address} -> ${pathname}: ${target.status}`);
        else if (hash !== "" && !target.html.includes(`id="${hash.slice(1)}"`)) missing.push(`${address} -> ${pathname}${hash}`);
      }
    }
    expect([...new Set(missing)]).toEqual([]);
  });

  test("has a preview image, drawn here, under the public address", async () => {
    for (const address of PAGES) {
      const html = await (await fetch(`${product.url}${address}`)).text();
      const image = /<meta property="og:image" content="([^"]+)"/.exec(html)?.[1] ?? "";
      expect(image.startsWith(`${product.url}/`), `${address}: ${image}`).toBe(true);
      const answer = await fetch(image);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
    }
  });
});

test("the sitemap names pages that exist, and robots.txt names the sitemap", async () => {
  const robots = await (await fetch(`${product.url}/robots.txt`)).text();
  expect(robots).toContain(`Sitemap: ${product.url}/sitemap.xml`);
  const sitemap = await (await fetch(`${product.url}/sitemap.xml`)).text();
  const addresses = [...sitemap.matchAll(/<loc>([^<]+)<\/loc>/g)].map(([, address]) => address ?? "");
  expect(addresses.length).toBeGreaterThanOrEqual(PAGES.length);
  for (const address of addresses) expect((await fetch(address)).status, address).toBe(200);
});

describe("the way in", () => {
  test("a stranger is offered an account, and whoever is signed in their dashboard, on the home page too", async () => {
    const page = await openPage();
    await page.goto(product.url);
    expect(await page.getByRole("banner").getByRole("link", { name: "Get started" }).getAttribute("href")).toBe("/sign-up");
    await signIn(product, page, ada);
    await page.waitForURL("**/dashboard");
    await page.goto(product.url);
    expect(new URL(page.url()).pathname).toBe("/");
    await page.getByRole("banner").getByRole("link", { name: "Dashboard" }).click();
    await page.waitForURL("**/dashboard");
  });

  test("the menu of a phone opens without JavaScript", async () => {
    const page = await openPage({ viewport: { width: 360, height: 700 }, javaScriptEnabled: false });
    await page.goto(product.url);
    await page
      .locator("summary", { has: page.locator("svg") })
      .first()
      .click();
    await page.getByRole("navigation", { name: "Menu" }).getByRole("link", { name: "Pricing" }).click();
    await page.getByRole("heading", { level: 1, name: "Pricing" }).waitFor();
  });
});

test("prices are those of the settings and the price book, and the operator's costs are nowhere", async () => {
  const page = await openPage();
  await page.goto(`${product.url}/pricing`);
  await page.getByText("$99.50").waitFor();
  const [row] = await page.getByRole("table").getByRole("row").filter({ hasText: "gpt-5.5" }).allInnerTexts();
  expect(row).toMatch(/\$5\.00\s+\$0\.50\s+\$5\.00\s+\$30\.00\s+not sold/);
  expect(await page.content()).not.toMatch(/provider_cost|costUsd/);
});

describe("the calculator", () => {
  test("answers while one types, says when the meter is better, and keeps what was written in the address", async () => {
    const page = await openPage();
    await page.goto(`${product.url}/calculator`);
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
    const page = await openPage({ javaScriptEnabled: false });
    await page.goto(`${product.url}/calculator`);
    await page.getByLabel("Monthly OpenAI bill, US$").fill("60");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText("The meter is the better choice").waitFor();
    expect(await page.getByLabel("Monthly OpenAI bill, US$").inputValue()).toBe("60");
  });

  test("reads an export in the browser: nothing of it is sent, and a mistake is named with its line and column", async () => {
    const page = await openPage();
    await page.goto(`${product.url}/calculator`);
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
      const page = await openPage();
      await expect
        .poll(
          async () => {
            await page.goto(`${product.url}/status`);
            return page.getByText("Everything that is probed is working").count();
          },
          { timeout: MINUTE_MS, interval: 2_000 },
        )
        .toBe(1);
      const components = page.getByRole("region", { name: "Components" });
      for (const name of ["Gateway", "Database", "Wallet provider"]) await components.getByRole("heading", { name }).waitFor();
      expect(await components.getByRole("img").first().getAttribute("aria-label")).toMatch(/^90 days: 1 probed/);
      const feed = await fetch(`${product.url}/status/feed.xml`);
      expect(feed.headers.get("content-type")).toContain("application/rss+xml");
      expect(await feed.text()).toMatch(/^<\?xml .+<\/rss>\n$/s);
    },
    2 * MINUTE_MS,
  );
});

/** In a context of its own. A complaint of the browser fails the test, and so does a request to anybody else. */
async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== product.url && url.protocol !== "data:") complaints.push(`asks ${url.origin}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  return page;
}

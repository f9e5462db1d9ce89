import { execFile } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { DOCS_PAGES, docsHref } from "@/lib/site/docs-pages";
import { launchBrowser } from "@/tests/e2e/browser";
import { LOOKS } from "@/tests/e2e/looks";
import { createCustomer, type Customer } from "@/tests/e2e/product-desk";
import { READY, spawnProduct, type RunningProduct } from "@/tests/factories/start-product";

const PAGES = [...DOCS_PAGES.map(({ slug }) => docsHref(slug)), "/docs/search?q=wallet"];
const MARKDOWN = DOCS_PAGES.map(({ slug }) => `${docsHref(slug)}.md`);

const run = promisify(execFile);
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "switchyard-docs-")));
let product: RunningProduct;
let browser: Browser;
let ada: Customer;

beforeAll(async () => {
  product = await spawnProduct(path.join(folder, "data"), { BRAND_NAME: "Marshalling", PROVIDER_ID: "yard", KEY_ENV_NAME: "YARD_KEY" });
  [browser] = await Promise.all([launchBrowser(), product.said(READY)]);
  ada = await createCustomer(product, "ada");
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("every page of the documentation", () => {
  test.each(LOOKS)(
    "$width pixels wide and $colorScheme: no axe violation, no sideways scroll, a title and a description of its own",
    async ({ width, colorScheme }) => {
      const page = await openPage({ colorScheme, viewport: { width, height: 900 } });
      const found: string[] = [];
      const titles = new Set<string>();
      for (const address of PAGES) {
        expect((await page.goto(`${product.url}${address}`))?.status(), address).toBe(200);
        await page.waitForLoadState("networkidle");
        // Tabs take the keyboard's focus once their script runs.
        await page.waitForFunction(() =>
          [...document.querySelectorAll('[role="tablist"]')].every((list) => list.querySelector('[tabindex="0"]') !== null),
        );
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

  test("leads only to what exists, down to the place on the page", async () => {
    const documents = new Map<string, Promise<{ status: number; html: string }>>();
    const load = (address: string) => {
      const known =
        documents.get(address) ??
        fetch(`${product.url}${address}`).then(async (answer) => ({ status: answer.status, html: await answer.text() }));
      documents.set(address, known);
      return known;
    };
    const missing = new Set<string>();
    for (const address of [...PAGES, ...MARKDOWN, "/llms.txt"]) {
      const { html } = await load(address);
      const links = [...html.matchAll(/<a [^>]*?href="([^"]+)"|\]\(([^)]+)\)/g)].map(([, href, target]) => href ?? target ?? "");
      for (const link of links) {
        const { origin, pathname, hash } = new URL(link.replaceAll("&amp;", "&"), `${product.url}${address}`);
        if (origin !== product.url) continue;
        const target = await load(pathname);
        if (target.status !== 200) missing.add(`${address} -> ${pathname}: ${target.status}`);
        else if (hash !== "" && !target.html.includes(`id="${hash.slice(1)}"`)) missing.add(`${address} -> ${pathname}${hash}`);
      }
    }
    expect([...missing]).toEqual([]);
  });

  test("names this installation and never the defaults of another", async () => {
    const everything = await (await fetch(`${product.url}/llms-full.txt`)).text();
    expect(everything).toContain(`${product.url}/v1`);
    expect(everything).toContain("[model_providers.yard]");
    expect(everything).toContain("Marshalling is independent software");
    // The settings of operators have their defaults in the table of the operator guide, and nowhere else.
    const beforeOperators = everything.slice(0, everything.indexOf("# Operator guide"));
    expect(beforeOperators).not.toMatch(/codexapi|CODEXAPI|Switchyard/);
  });
});

describe("as Markdown", () => {
  test("every page is served without markup of its source, under its title", async () => {
    for (const { slug, title } of DOCS_PAGES) {
      const answer = await fetch(`${product.url}${docsHref(slug)}.md`);
      expect([answer.status, answer.headers.get("content-type")], slug).toEqual([200, "text/markdown; charset=utf-8"]);
      const text = await answer.text();
      expect(text.startsWith(`# ${title}\n`), slug).toBe(true);
      const prose = text.replace(/^(`{3,})[\s\S]*?^\1$/gm, "").replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, "");
      expect(prose, slug).not.toMatch(/(?<!\\)<\/?[A-Za-z]|\{[a-z"]|undefined|\[object|className/);
    }
  });

  test("a page that does not exist is not there as Markdown either", async () => {
    expect((await fetch(`${product.url}/docs/nothing.md`)).status).toBe(404);
    expect((await fetch(`${product.url}/docs/nothing`)).status).toBe(404);
  });

  test("llms.txt lists every page, and llms-full.txt holds them all", async () => {
    const list = await (await fetch(`${product.url}/llms.txt`)).text();
    const whole = await (await fetch(`${product.url}/llms-full.txt`)).text();
    for (const { slug, title } of DOCS_PAGES) {
      expect(list).toContain(`- [${title}](${product.url}${docsHref(slug)}.md): `);
      expect(whole).toContain(`# ${title}\n`);
    }
  });

  test("the button copies the same text", async () => {
    const page = await openPage({ permissions: ["clipboard-read", "clipboard-write"] });
    await page.goto(`${product.url}/docs/limits`);
    await page.getByRole("button", { name: "Copy as Markdown" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(await (await fetch(`${product.url}/docs/limits.md`)).text());
  });
});

describe("the search", () => {
  test("answers while one types, and its index comes only when somebody searches", async () => {
    const page = await openPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${product.url}/docs/quick-start`);
    await page.waitForLoadState("networkidle");
    expect(asked).not.toContain("/docs/search-index");
    const search = page.getByRole("search");
    await search.getByRole("searchbox").fill("daemon");
    await search.getByRole("link", { name: "Codex CLI: Traps" }).click();
    await page.waitForURL("**/docs/codex-cli#traps");
    await page.getByRole("heading", { level: 1, name: "Codex CLI" }).waitFor();
    expect(await page.getByRole("searchbox").inputValue()).toBe("");
  });

  test("works without JavaScript, where all systems' commands are shown too", async () => {
    const page = await openPage({ javaScriptEnabled: false });
    await page.goto(`${product.url}/docs/windows`);
    await page.getByText("WSL", { exact: true }).and(page.locator("p")).first().waitFor();
    await page.getByRole("searchbox").fill("idempotency");
    await page.getByRole("searchbox").press("Enter");
    await page.getByRole("link", { name: /^SDKs and curl: Retries/ }).waitFor();
  });
});

describe("what is to be pasted works", () => {
  const key = () => ({ ...process.env, YARD_KEY: ada.apiKey });

  test("the lines of curl, in a shell", async () => {
    const { lines } = await snippets("/docs/sdks.md", "bash");
    const curls = lines.filter((line) => line.startsWith("curl "));
    expect(curls).toHaveLength(4);
    for (const line of curls) {
      const { stdout } = await run("/bin/sh", ["-c", line], { env: key() });
      expect(stdout, line).toMatch(/You said: Say hello|"object":"list"|"username":"ada"|"delta":/);
    }
  });

  test("the program for Node, with OpenAI's own library", async () => {
    const { blocks } = await snippets("/docs/sdks.md", "javascript");
    symlinkSync(path.resolve("node_modules"), path.join(folder, "node_modules"));
    const file = path.join(folder, "example.mjs");
    writeFileSync(file, blocks[0] ?? "");
    const { stdout } = await run(process.execPath, [file], { env: key() });
    expect(stdout).toContain("You said: Say hello");
  });
});

/** The blocks of one language in a page's Markdown, and their lines. */
async function snippets(address: string, lang: string): Promise<{ blocks: string[]; lines: string[] }> {
  const text = await (await fetch(`${product.url}${address}`)).text();
  const blocks = [...text.matchAll(/^```(\S+)\n([\s\S]*?)\n```$/gm)].filter(([, name]) => name === lang).map(([, , code]) => code ?? "");
  return { blocks, lines: blocks.flatMap((block) => block.split("\n")) };
}

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

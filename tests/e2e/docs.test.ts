import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { DOCS_PAGES, docsHref } from "@/lib/site/docs-pages";
import { brokenLinks } from "@/tests/e2e/broken-links";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf } from "@/tests/e2e/page-faults";
import { createCustomer, type Customer } from "@/tests/e2e/product-desk";

const PAGES = [...DOCS_PAGES.map(({ slug }) => docsHref(slug)), "/docs/search?q=wallet"];
const MARKDOWN = DOCS_PAGES.map(({ slug }) => `${docsHref(slug)}.md`);

const run = promisify(execFile);
const desk = startDesk({
  settings: { BRAND_NAME: "Marshalling", PROVIDER_ID: "yard", KEY_ENV_NAME: "YARD_KEY" },
  ownRequestsOnly: true,
});
let ada: Customer;

beforeAll(async () => {
  ada = await createCustomer(desk.product, "ada");
});

describe("every page of the documentation", () => {
  test.each(LOOKS)(
    "$width pixels wide and $colorScheme: no axe violation, no sideways scroll, a title and a description of its own",
    async (look) => {
      const page = await desk.openPage(inLook(look));
      const titles = new Set<string>();
      const found = await faultsOf(page, PAGES, async (address, status) => {
        expect(status, address).toBe(200);
        await page.waitForLoadState("networkidle");
        // Tabs take the keyboard's focus once their script runs.
        await page.waitForFunction(() =>
          [...document.querySelectorAll('[role="tablist"]')].every((list) => list.querySelector('[tabindex="0"]') !== null),
        );
        titles.add(await page.title());
        titles.add((await page.locator('meta[name="description"]').getAttribute("content")) ?? "");
      });
      expect(found).toEqual([]);
      expect(titles.size).toBe(2 * PAGES.length);
    },
  );

  test("leads only to what exists, down to the place on the page", async () => {
    expect(await brokenLinks(desk.url, [...PAGES, ...MARKDOWN, "/llms.txt"])).toEqual([]);
  });

  test("names this installation and never the defaults of another", async () => {
    const everything = await (await fetch(`${desk.url}/llms-full.txt`)).text();
    expect(everything).toContain(`${desk.url}/v1`);
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
      const answer = await fetch(`${desk.url}${docsHref(slug)}.md`);
      expect([answer.status, answer.headers.get("content-type")], slug).toEqual([200, "text/markdown; charset=utf-8"]);
      const text = await answer.text();
      expect(text.startsWith(`# ${title}\n`), slug).toBe(true);
      const prose = text.replace(/^(`{3,})[\s\S]*?^\1$/gm, "").replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, "");
      expect(prose, slug).not.toMatch(/(?<!\\)<\/?[A-Za-z]|\{[a-z"]|undefined|\[object|className/);
    }
  });

  test("a page that does not exist is not there as Markdown either", async () => {
    expect((await fetch(`${desk.url}/docs/nothing.md`)).status).toBe(404);
    expect((await fetch(`${desk.url}/docs/nothing`)).status).toBe(404);
  });

  test("llms.txt lists every page, and llms-full.txt holds them all", async () => {
    const list = await (await fetch(`${desk.url}/llms.txt`)).text();
    const whole = await (await fetch(`${desk.url}/llms-full.txt`)).text();
    for (const { slug, title } of DOCS_PAGES) {
      expect(list).toContain(`- [${title}](${desk.url}${docsHref(slug)}.md): `);
      expect(whole).toContain(`# ${title}\n`);
    }
  });

  test("the button copies the same text", async () => {
    const page = await desk.openPage({ permissions: ["clipboard-read", "clipboard-write"] });
    await page.goto("/docs/limits");
    await page.getByRole("button", { name: "Copy as Markdown" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(await (await fetch(`${desk.url}/docs/limits.md`)).text());
  });
});

describe("the search", () => {
  test("answers while one types, and its index comes only when somebody searches", async () => {
    const page = await desk.openPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto("/docs/quick-start");
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
    const page = await desk.openPage({ javaScriptEnabled: false });
    await page.goto("/docs/windows");
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
    symlinkSync(path.resolve("node_modules"), path.join(desk.folder, "node_modules"));
    const file = path.join(desk.folder, "example.mjs");
    writeFileSync(file, blocks[0] ?? "");
    const { stdout } = await run(process.execPath, [file], { env: key() });
    expect(stdout).toContain("You said: Say hello");
  });
});

/** The blocks of one language in a page's Markdown, and their lines. */
async function snippets(address: string, lang: string): Promise<{ blocks: string[]; lines: string[] }> {
  const text = await (await fetch(`${desk.url}${address}`)).text();
  const blocks = [...text.matchAll(/^```(\S+)\n([\s\S]*?)\n```$/gm)].filter(([, name]) => name === lang).map(([, , code]) => code ?? "");
  return { blocks, lines: blocks.flatMap((block) => block.split("\n")) };
}

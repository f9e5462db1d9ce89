import { loadavg } from "node:os";
import path from "node:path";
import lighthouse, { desktopConfig } from "lighthouse";
import type { Browser } from "playwright-core";
import { markdown } from "@/tests/bench/report";
import { openShowcase, type Showcase } from "@/tests/bench/showcase";
import { launchBrowser } from "@/tests/e2e/browser";
import { freePort } from "@/workers/shared/free-port";

/* Lighthouse's own settings of a desktop and of a phone on a slow network, with the production build that `npm start` serves. */

const RUNS = 3;
const CATEGORIES = [
  { id: "performance", name: "performance", goal: 95 },
  { id: "accessibility", name: "accessibility", goal: 100 },
  { id: "best-practices", name: "best practices", goal: 100 },
  { id: "seo", name: "SEO", goal: 95 },
] as const;
const METRICS = [
  { id: "largest-contentful-paint", name: "largest paint", unit: "ms", digits: 0 },
  { id: "total-blocking-time", name: "blocked", unit: "ms", digits: 0 },
  { id: "cumulative-layout-shift", name: "layout shift", unit: "", digits: 3 },
] as const;
const DEVICES = [
  { device: "desktop", config: desktopConfig },
  { device: "phone", config: undefined },
] as const;
const PAGES = [
  { name: "home", path: "/", isSignedIn: false },
  { name: "docs", path: "/docs", isSignedIn: false },
  { name: "docs, the longest page", path: "/docs/codex-cli", isSignedIn: false },
  // It is not for search engines, and says so: there is nothing for SEO to judge.
  { name: "dashboard", path: "/dashboard", isSignedIn: true },
] as const;

type Result = NonNullable<Awaited<ReturnType<typeof lighthouse>>>["lhr"];

export async function benchLighthouse(cacheDir: string): Promise<string> {
  const loadBefore = loadavg()[0]?.toFixed(1);
  const port = await freePort(0);
  const browser = await launchBrowser({ debuggingPort: port });
  try {
    const showcase = await openShowcase(browser, path.join(cacheDir, `lighthouse-${process.pid}`));
    try {
      const rows: string[][] = [];
      const named = new Set<string>();
      for (const page of PAGES) {
        if (page.isSignedIn) await signIn(browser, showcase);
        for (const { device, config } of DEVICES) {
          const results = await measure({ showcase, port, page, config });
          rows.push([
            page.name,
            device,
            ...CATEGORIES.map(({ id, goal }) => score(results, id, goal)),
            ...METRICS.map((one) => figure(results, one)),
          ]);
          for (const text of shortcomings(results)) named.add(`${page.name}, ${device}: ${text}`);
          console.error(rows.at(-1)?.join(" | "));
        }
      }
      return [
        `${new Date().toISOString()}, Node ${process.version}, medians of ${RUNS} runs, load ${loadBefore} before and ${loadavg()[0]?.toFixed(1)} after`,
        markdown(
          [
            "page",
            "device",
            ...CATEGORIES.map(({ name, goal }) => `${name} (${goal})`),
            ...METRICS.map(({ name, unit }) => [name, unit].filter(Boolean).join(", ")),
          ],
          rows,
        ),
        named.size === 0 ? "Outside of performance Lighthouse names nothing." : [...named].join("\n"),
      ].join("\n\n");
    } finally {
      await showcase.stop();
    }
  } finally {
    await browser.close();
  }
}

/** For all that comes after: Lighthouse opens its pages beside every context of ours, and leaves the cookies there alone. */
async function signIn(browser: Browser, { url, customer }: Showcase): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  await session.send("Storage.setCookies", { cookies: customer.cookies.map(({ name, value }) => ({ name, value, url })) });
}

type Visit = { showcase: Showcase; port: number; page: (typeof PAGES)[number]; config: (typeof DEVICES)[number]["config"] };

async function measure({ showcase, port, page, config }: Visit): Promise<Result[]> {
  const results: Result[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const flags = {
      port,
      logLevel: "error",
      onlyCategories: CATEGORIES.map(({ id }) => id).filter((id) => id !== "seo" || !page.isSignedIn),
    } as const;
    const answer = await lighthouse(`${showcase.url}${page.path}`, flags, config);
    if (answer === undefined) throw new Error(`Lighthouse has nothing to say about ${page.path}`);
    const { lhr } = answer;
    if (lhr.runtimeError) throw new Error(`${page.path}: ${lhr.runtimeError.message}`);
    if (new URL(lhr.finalDisplayedUrl).pathname !== page.path) throw new Error(`${page.path} led to ${lhr.finalDisplayedUrl}`);
    results.push(lhr);
  }
  return results;
}

function score(results: readonly Result[], id: string, goal: number): string {
  const scores = results.flatMap(({ categories }) => categories[id]?.score ?? []);
  if (scores.length === 0) return "–";
  const percent = Math.round(median(scores) * 100);
  return percent < goal ? `**${percent}**` : String(percent);
}

function figure(results: readonly Result[], { id, digits }: (typeof METRICS)[number]): string {
  return median(results.map(({ audits }) => audits[id]?.numericValue ?? Number.NaN)).toFixed(digits);
}

/** What keeps a page from 100 in a category that has no luck in it. */
function shortcomings(results: readonly Result[]): string[] {
  return results.flatMap(({ categories, audits }) =>
    Object.values(categories)
      .filter(({ id }) => id !== "performance")
      .flatMap(({ auditRefs }) => auditRefs)
      .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 1)
      .map(({ id }) => `${id}: ${audits[id]?.title}`),
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((one, two) => one - two)[Math.floor(values.length / 2)] ?? Number.NaN;
}

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { openShowcase, type Showcase } from "@/tests/bench/showcase";
import { launchBrowser } from "@/tests/e2e/browser";

/* A picture of every page, as people see it: the production build with a month of work in it. The README shows them. */

const FOLDER = "screenshots";
const WEBP_QUALITY = 82;
const WIDTH_PX = 1280;
const PHONE_WIDTH_PX = 360;
const HEIGHT_PX = 800;
/** Long pages are cut here: their beginning is what the picture is for. */
const HEIGHT_PX_MAX = 1500;

type Who = "stranger" | "customer" | "admin";
type Shot = { name: string; path: string; who?: Who; prepare?: (page: Page) => Promise<void> };
type Replacement = readonly [word: string, instead: string];
type Look = { suffix: string; width: number; colorScheme: "light" | "dark" };

const USUAL: Look = { suffix: "", width: WIDTH_PX, colorScheme: "light" };
const DARK: Look = { suffix: "-dark", width: WIDTH_PX, colorScheme: "dark" };
const PHONE: Look = { suffix: "-phone", width: PHONE_WIDTH_PX, colorScheme: "light" };
const PHONE_DARK: Look = { suffix: "-phone-dark", width: PHONE_WIDTH_PX, colorScheme: "dark" };
const ALSO: Readonly<Record<string, readonly Look[]>> = {
  "site-home": [DARK, PHONE],
  "site-docs": [DARK],
  "site-calculator": [PHONE],
  "dashboard-overview": [DARK, PHONE],
  "dashboard-usage": [DARK],
  "dashboard-requests": [PHONE_DARK],
  "dashboard-request": [DARK],
  "dashboard-setup": [PHONE],
  "dashboard-lanes": [PHONE],
};

/** Returns how many pictures there are, and how large. */
export async function shootGallery(cacheDir: string): Promise<string> {
  const browser = await launchBrowser();
  try {
    const dataDir = path.join(cacheDir, `gallery-${process.pid}`);
    const showcase = await openShowcase(browser, dataDir);
    const own = [
      [dataDir, "/srv/switchyard"],
      [hostname(), "host-1"],
    ] as const;
    try {
      rmSync(FOLDER, { recursive: true, force: true });
      mkdirSync(FOLDER);
      let bytes = 0;
      for (const shot of shotsOf(showcase)) {
        for (const look of [USUAL, ...(ALSO[shot.name] ?? [])]) {
          const picture = await take(browser, showcase, shot, look, own);
          writeFileSync(path.join(FOLDER, `${shot.name}${look.suffix}.webp`), picture);
          bytes += picture.byteLength;
        }
      }
      return `${readdirSync(FOLDER).length} pictures in ${FOLDER}/, ${(bytes / 1024 ** 2).toFixed(1)} MiB`;
    } finally {
      await showcase.stop();
    }
  } finally {
    await browser.close();
  }
}

function shotsOf({ userId, keyId, requestId, codexLaneId }: Showcase): Shot[] {
  const site = (name: string, address: string): Shot => ({ name: `site-${name}`, path: address });
  const auth = (name: string, address: string): Shot => ({ name: `auth-${name}`, path: address });
  const dashboard = (name: string, address: string, prepare?: Shot["prepare"]): Shot => ({
    name: `dashboard-${name}`,
    path: `/dashboard${address}`,
    who: "customer",
    prepare,
  });
  const admin = (name: string, address: string): Shot => ({ name: `admin-${name}`, path: `/admin${address}`, who: "admin" });
  return [
    site("home", "/"),
    site("pricing", "/pricing"),
    site("calculator", "/calculator"),
    site("docs", "/docs"),
    site("docs-codex-cli", "/docs/codex-cli"),
    site("docs-search", "/docs/search?q=window"),
    site("api-docs", "/api-docs"),
    site("api-operation", "/api-docs/create-response"),
    site("status", "/status"),
    site("changelog", "/changelog"),
    site("terms", "/terms"),
    site("privacy", "/privacy"),
    site("not-found", "/no-such-page"),
    auth("sign-up", "/sign-up"),
    auth("sign-in", "/sign-in"),
    auth("reset-password", "/reset-password"),
    dashboard("overview", ""),
    dashboard("usage", "/usage?range=30d&groupBy=model&measure=spend"),
    dashboard("requests", "/requests?range=30d"),
    dashboard("request-sheet", `/requests?range=30d&request=${requestId}`),
    dashboard("request", `/requests/${requestId}`),
    dashboard("wallet", "/wallet"),
    dashboard("keys", "/keys"),
    dashboard("new-key", "/keys/new"),
    dashboard("key", `/keys/${keyId}`),
    dashboard("setup", "/setup", async (page) => {
      await page.getByLabel("Name of the key").fill("laptop");
      await page.getByRole("button", { name: "Make a key" }).click();
      await page.locator("button:enabled", { hasText: "Make another key" }).waitFor();
    }),
    dashboard("lanes", "/lanes"),
    dashboard("lane", `/lanes/${codexLaneId}`),
    dashboard("lane-evidence", `/lanes/${codexLaneId}/evidence`),
    dashboard("connect-account", "/lanes/connect"),
    dashboard("add-key-lane", "/lanes/add-key"),
    dashboard("what-if", "/lanes/what-if"),
    dashboard("palette", "", async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
    }),
    dashboard("settings", "/settings"),
    dashboard("security", "/settings/security"),
    dashboard("notifications", "/settings/notifications"),
    dashboard("data", "/settings/data"),
    { name: "auth-change-password", path: "/change-password", who: "customer" },
    admin("overview", ""),
    admin("user", `/users/${userId}`),
    admin("sign-ups", "/signups"),
    admin("mails", "/outbox"),
    admin("lanes", "/lanes"),
    admin("primitives", "/gallery"),
  ];
}

/** `own`: words of the machine that takes the pictures, and what stands in the pictures instead. */
async function take(browser: Browser, showcase: Showcase, shot: Shot, look: Look, own: readonly Replacement[]): Promise<Buffer> {
  const context = await browser.newContext({
    colorScheme: look.colorScheme,
    viewport: { width: look.width, height: HEIGHT_PX },
    storageState: stateOf(showcase, shot.who ?? "stranger"),
    reducedMotion: "reduce",
  });
  try {
    const page = await context.newPage();
    await page.goto(`${showcase.url}${shot.path}`);
    await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important }" });
    await page.waitForLoadState("networkidle");
    await shot.prepare?.(page);
    await page.waitForLoadState("networkidle");
    await page.evaluate(replaceWords, own);
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: look.width, height: Math.min(Math.max(height, HEIGHT_PX), HEIGHT_PX_MAX) });
    await page.evaluate(() => document.fonts.ready);
    const session = await context.newCDPSession(page);
    // Playwright itself writes no webp, which is a third of a png here.
    const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: WEBP_QUALITY });
    return Buffer.from(data, "base64");
  } finally {
    await context.close();
  }
}

/** Runs in the page. */
function replaceWords(replacements: readonly Replacement[]): void {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode as Text;
    // Whole words: the name of a machine may be two letters of somebody's id.
    for (const [word, instead] of replacements) {
      const whole = new RegExp(`(?<!\\w)${word.replaceAll(/[^\w]/g, "\\$&")}(?!\\w)`, "g");
      if (whole.test(text.data)) text.data = text.data.replaceAll(whole, instead);
    }
  }
}

function stateOf({ customer, admin }: Showcase, who: Who): BrowserContextOptions["storageState"] {
  return { stranger: undefined, customer, admin }[who];
}

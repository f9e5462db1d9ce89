import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { FOCUS_GUARDS, pageFaults } from "@/tests/e2e/page-faults";
import { ask, createCustomer, type Customer, enter, enterAsNewAdmin } from "@/tests/e2e/product-desk";

const TARGET_PX = 44;
const PHONE: BrowserContextOptions = { viewport: { width: 320, height: 700 } };

const desk = startDesk();
let ada: Customer;
let requestId: string;
/** Cookies of one sign-in each: what a shell does is the same in every session. */
let customerState: BrowserContextOptions["storageState"];
let adminState: BrowserContextOptions["storageState"];

beforeAll(async () => {
  ada = await createCustomer(desk.product, "ada");
  await ask(desk.product, ada.apiKey, { model: "gpt-5.5", input: "Say hello" });
  const log = await fetch(`${desk.url}/api/v1/requests?limit=1`, { headers: { authorization: `Bearer ${ada.apiKey}` } });
  requestId = ((await log.json()) as { rows: { id: string }[] }).rows[0]?.id ?? "";
  customerState = await desk.withPage(async (page) => {
    await enter(desk.product, page, ada);
    return page.context().storageState();
  });
  adminState = await desk.withPage(async (page) => {
    await enterAsNewAdmin(desk.product, page, "operator");
    return page.context().storageState();
  });
});

describe("the way around", () => {
  test("every link beside the page leads somewhere, and the one to this page says so", async () => {
    for (const [state, start] of [
      [customerState, "/dashboard"],
      [adminState, "/admin"],
    ] as const) {
      const page = await desk.openPage({ storageState: state, at: start });
      const links = await page.getByRole("navigation", { name: "Main" }).getByRole("link").all();
      const addresses = await Promise.all(links.map((link) => link.getAttribute("href")));
      expect(addresses.length).toBeGreaterThan(5);
      for (const address of addresses) expect((await page.request.get(`${desk.url}${address}`)).status(), `${address}`).toBe(200);
      const current = page.getByRole("navigation", { name: "Main" }).locator('[aria-current="page"]');
      expect(await current.getAttribute("href")).toBe(start);
    }
  });

  test("on a phone the menu opens over the page, its links are easy to hit, and following one closes it", async () => {
    const page = await desk.openPage({ storageState: customerState, ...PHONE, at: "/dashboard" });
    await ready(page);
    await page.getByRole("button", { name: "Menu", exact: true }).click();
    const menu = page.getByRole("dialog");
    await menu.getByRole("link", { name: "Lanes" }).waitFor();
    const links = await menu.getByRole("link").all();
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) expect((await link.boundingBox())?.height).toBeGreaterThanOrEqual(TARGET_PX);
    await menu.getByRole("link", { name: "Lanes" }).click();
    await page.waitForURL("**/dashboard/lanes");
    await menu.waitFor({ state: "hidden" });
  });

  test("every control of the header is easy to hit at 320 pixels, and nothing scrolls sideways", async () => {
    const page = await desk.openPage({ storageState: customerState, ...PHONE, at: "/dashboard" });
    await ready(page);
    const controls = [
      ...(await page.getByRole("banner").getByRole("button").all()),
      ...(await page.getByRole("banner").getByRole("link").all()),
    ];
    const boxes = await Promise.all(controls.map((control) => control.boundingBox()));
    for (const box of boxes.filter((found) => found !== null)) expect(box.height).toBeGreaterThanOrEqual(TARGET_PX);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });

  test("links and the sign-out work without JavaScript", async () => {
    const page = await desk.openSignedIn(ada, { javaScriptEnabled: false, ...PHONE });
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Lanes" }).click();
    await page.waitForURL("**/dashboard/lanes");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in");
  });

  test("the account menu chooses the theme, which outlives a reload, and signs out", async () => {
    const page = await desk.openSignedIn(ada, { colorScheme: "light" });
    await ready(page);
    await page.getByRole("button", { name: "Account of ada" }).click();
    await page.getByRole("menuitemradio", { name: "Dark" }).click();
    await expect.poll(() => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
    await page.reload();
    await ready(page);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
    await page.getByRole("button", { name: "Account of ada" }).click();
    await page.getByRole("menuitemradio", { name: "Dark", checked: true }).waitFor();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in");
  });
});

test("the account menu opens by the keyboard at its first item, and gives the focus back", async () => {
  const page = await desk.openPage({ storageState: customerState, at: "/dashboard" });
  await ready(page);
  const button = page.getByRole("button", { name: "Account of ada" });
  for (const key of ["Enter", "Space"]) {
    await button.focus();
    await page.keyboard.press(key);
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Settings");
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Light");
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });
    await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true);
  }
});

describe("the command palette", () => {
  test("opens by the keyboard, finds a page, and gives the focus back when it is closed", async () => {
    const page = await desk.openPage({ storageState: customerState, at: "/dashboard" });
    await ready(page);
    const button = page.getByRole("button", { name: "Search and commands" });
    await button.focus();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("combobox").waitFor({ state: "hidden" });
    await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("lanes");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/dashboard/lanes");
  });

  test("leads to errands by what one wants, to pages of the documentation, and asks it what nothing is called", async () => {
    const page = await desk.openPage({ storageState: customerState, at: "/dashboard" });
    for (const [typed, address] of [
      ["two-factor", "/dashboard/settings/security"],
      ["billing rules", "/docs/billing"],
      ["cached tokens cost", "/docs/search?q=cached%20tokens%20cost"],
    ] as const) {
      await page.goto("/dashboard");
      await openPalette(page);
      await page.getByRole("combobox").fill(typed);
      await page.keyboard.press("Enter");
      await page.waitForURL(`${desk.url}${address}`);
    }
  });

  test("opens a request by its id", async () => {
    const page = await desk.openPage({ storageState: customerState, at: "/dashboard" });
    await openPalette(page);
    await page.getByRole("combobox").fill(requestId);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/dashboard/requests/${requestId}`);
  });

  test("copies the base URL and says so in a live region", async () => {
    const page = await desk.openPage({ storageState: customerState, permissions: ["clipboard-read", "clipboard-write"], at: "/dashboard" });
    await openPalette(page);
    await page.getByRole("option", { name: "Copy the base URL" }).click();
    await page.locator("[aria-live]").getByText("Copied the base URL").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${desk.url}/v1`);
  });

  test("is not loaded before it is asked for", async () => {
    const page = await desk.openPage({ storageState: customerState });
    const scripts: string[] = [];
    page.on("response", (response) => {
      if (response.request().resourceType() === "script") scripts.push(response.url());
    });
    await page.goto("/dashboard");
    await ready(page);
    const before = scripts.length;
    await openPalette(page);
    expect(scripts.length).toBeGreaterThan(before);
  });
});

describe("keyboard shortcuts", () => {
  test("g and a letter lead to a page, and ? lists them all", async () => {
    const page = await desk.openPage({ storageState: customerState, at: "/dashboard" });
    await ready(page);
    await page.keyboard.press("?");
    const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await list.getByText("Search and commands").waitFor();
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "hidden" });
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await page.waitForURL("**/dashboard/lanes");
  });

  test("letters that are typed into a field stay letters", async () => {
    const page = await desk.openPage({ storageState: customerState, at: "/dashboard/lanes/add-key" });
    await ready(page);
    const field = page.getByRole("textbox").first();
    await field.pressSequentially("gl?");
    expect(await field.inputValue()).toBe("gl?");
    expect(new URL(page.url()).pathname).toBe("/dashboard/lanes/add-key");
    expect(await page.getByRole("dialog").count()).toBe(0);
  });
});

describe("the chart of the day", () => {
  test("is one stop of the tab key, goes on by the arrow keys, and leads to the requests of an hour", async () => {
    const page = await desk.openPage({ storageState: customerState, at: "/dashboard" });
    await ready(page);
    const bars = page.getByRole("group", { name: "Spend by hour today" });
    expect(await bars.locator('[tabindex="0"]').count()).toBe(1);
    await bars.locator('[tabindex="0"]').focus();
    await page.keyboard.press("Home");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/^00:00: Spent /);
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toMatch(/^01:00: Spent /);
    await bars.getByRole("link").first().click();
    await page.waitForURL("**/dashboard/requests?from=*");
  });

  test("has the same figures as a table", async () => {
    const page = await desk.openPage({ storageState: customerState, timezoneId: "Asia/Kolkata", at: "/dashboard" });
    await page.getByText("Times in Asia/Kolkata").waitFor();
    const words = await page.getByRole("group", { name: "Spend by hour today" }).getByRole("link").first().getAttribute("aria-label");
    const [hour, cost] = words?.split(": Spent ") ?? [];
    await page.getByText("As a table").click();
    const row = page.getByRole("table", { name: "Spend by hour today" }).getByRole("row", { name: hour ?? "" });
    expect(await row.getByRole("cell").allInnerTexts()).toEqual([hour, cost]);
  });
});

describe("the primitives", () => {
  test("a remembered tab is the first that is shown, also before any script of the page has come", async () => {
    const page = await desk.openPage({ storageState: adminState, at: "/admin/gallery", expectedComplaint: "ERR_FAILED" });
    await ready(page);
    await page.getByRole("tab", { name: "PowerShell" }).first().click();
    await expect.poll(() => page.getByRole("tab", { name: "PowerShell", selected: true }).count()).toBe(2);
    await page.route("**/_next/static/**/*.js", (route) => route.abort());
    await page.reload({ waitUntil: "domcontentloaded" });
    expect(await page.getByRole("tab", { name: "PowerShell", selected: true }).count()).toBe(2);
    expect(await page.getByText("$env:OS").first().isVisible()).toBe(true);
    expect(await page.getByText("uname -s").first().isVisible()).toBe(false);
  }, 120_000);

  test("a confirmation waits for the word, and a refusal stays in it", async () => {
    const page = await desk.openPage({ storageState: adminState, at: "/admin/gallery" });
    await ready(page);
    await page.getByRole("button", { name: "Delete with a word" }).first().click();
    const go = page.getByRole("button", { name: "Delete my laptop" });
    expect(await go.isDisabled()).toBe(true);
    await page.getByLabel("Type my laptop to go on").fill("my laptop");
    await go.click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Refused" }).first().click();
    await page
      .getByRole("dialog")
      .getByRole("button", { name: /^A name/ })
      .click();
    await page.getByRole("alert").getByText("The lane is used by a request that is running.").waitFor();
  });
});

describe("every state", () => {
  test.each(LOOKS)(
    "$width pixels wide and $colorScheme: no axe violation and no sideways scroll, whatever is open",
    async (look) => {
      const page = await desk.openPage({ storageState: customerState, at: "/dashboard", ...inLook(look) });
      const found: string[] = [];
      const lookAt = async (shown: Page, state: string, disabledRules: string[] = []) => {
        found.push(...(await pageFaults(shown, state, { exclude: FOCUS_GUARDS, disabledRules })));
      };
      await ready(page);
      await lookAt(page, "overview");
      await openPalette(page);
      await lookAt(page, "palette");
      await close(page, page.getByRole("combobox"));
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await lookAt(page, "shortcuts");
      await close(page, page.getByRole("dialog"));
      await page.getByRole("button", { name: "Account of ada" }).click();
      await page.getByRole("menu").waitFor();
      // A menu stands above the page, in no landmark.
      await lookAt(page, "account menu", ["region"]);

      const gallery = await desk.openPage({ storageState: adminState, at: "/admin/gallery", ...inLook(look) });
      await ready(gallery);
      // Which of the tabs the keyboard reaches is known when the browser has taken them over.
      await gallery.locator('[role="tab"][tabindex="0"]').first().waitFor();
      await lookAt(gallery, "gallery");
      await gallery.getByRole("button", { name: "Open the dialog" }).first().click();
      await gallery.getByRole("dialog").waitFor();
      await lookAt(gallery, "dialog");
      expect(found).toEqual([]);
    },
    180_000,
  );
});

/** The header's button says that the browser has taken the page over: what it opens is there. */
async function ready(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.getByRole("button", { name: "Search and commands" }).waitFor();
}

async function openPalette(page: Page): Promise<void> {
  await ready(page);
  await page.getByRole("button", { name: "Search and commands" }).click();
  await page.getByRole("combobox").waitFor();
}

async function close(page: Page, open: Locator): Promise<void> {
  await page.keyboard.press("Escape");
  await open.waitFor({ state: "hidden" });
}

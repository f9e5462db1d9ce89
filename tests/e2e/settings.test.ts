import { readFileSync } from "node:fs";
import { Secret, TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { type PageOptions, startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf } from "@/tests/e2e/page-faults";
import { createCustomer, runAdmin, simulatedOpenai, type Customer } from "@/tests/e2e/product-desk";

/* A person's own account and the order of their lanes, in the whole product. */
const SETTINGS = "/dashboard/settings";

const desk = startDesk({ settings: { CODEX_LANES: "off" } });

async function signedIn(username: string, at: string, options: PageOptions = {}): Promise<{ page: Page; customer: Customer }> {
  const customer = await createCustomer(desk.product, username);
  return { page: await openSignedIn(customer, { at, ...options }), customer };
}

/** Sessions end here, while their pages go on asking for the balance. */
function openSignedIn(customer: Customer, options: PageOptions = {}): Promise<Page> {
  return desk.openSignedIn(customer, { expectedComplaint: "401", ...options });
}

describe("settings", () => {
  test("a time zone that one chooses is the one in which every time is shown", async () => {
    const { page } = await signedIn("traveller", SETTINGS, { timezoneId: "America/New_York" });
    await page.getByText(/Member since/).waitFor();
    await page.getByLabel("Time zone").selectOption("Asia/Kathmandu");
    await page.getByRole("button", { name: "Save the time zone" }).click();
    await page.getByText(/GMT\+5:45/).waitFor();
    await page.reload();
    await page.getByText(/GMT\+5:45/).waitFor();
    expect(await page.getByLabel("Time zone").inputValue()).toBe("Asia/Kathmandu");
  });

  test("the address changes only with the password, and nothing typed is lost", async () => {
    const { page, customer } = await signedIn("mover", SETTINGS);
    await page.getByLabel("New e-mail address").fill("mover@example.com");
    await page.getByLabel("Your password").fill("a wrong password");
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByText("This is not your password.").first().waitFor();
    expect(await page.getByLabel("New e-mail address").inputValue()).toBe("mover@example.com");
    await page.getByLabel("Your password").fill(customer.password);
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByText("We sent a link to mover@example.com.").waitFor();
  });

  test("two-factor sign-in is set up, its codes are shown once, and a code turns it off again", async () => {
    const { page, customer } = await signedIn("careful", `${SETTINGS}/security`);
    await page.getByLabel("Your password").fill(customer.password);
    await page.getByRole("button", { name: "Set it up" }).click();
    await page.getByRole("img", { name: "QR code of the secret" }).waitFor();
    const shown = await page.getByText(/^[A-Z2-7]{4}( [A-Z2-7]{4}){7}$/).innerText();
    const totp = new TOTP({ secret: Secret.fromBase32(shown.replaceAll(" ", "")), digits: 6, period: 30 });
    await page.getByLabel("Code", { exact: true }).fill("000000");
    await page.getByRole("button", { name: "Turn it on" }).click();
    await page.getByText("This code is wrong.").waitFor();
    await page.getByLabel("Code", { exact: true }).fill(totp.generate());
    await page.getByRole("button", { name: "Turn it on" }).click();
    await page.getByText("Two-factor sign-in is on").waitFor();
    const codes = await page
      .getByRole("listitem")
      .filter({ hasText: /^\w{6}-\w{6}-\w{6}$/ })
      .allInnerTexts();
    expect(codes).toHaveLength(10);
    await page.getByRole("link", { name: "I have saved them" }).click();
    await page.getByText("10 recovery codes are left").waitFor();
    expect(await page.content()).not.toContain(codes[0]);

    await page.getByText("Turn it off", { exact: true }).click();
    const form = page.locator("form", { has: page.getByRole("button", { name: "Turn two-factor sign-in off" }) });
    await form.getByLabel("Your password").fill(customer.password);
    await form.getByLabel("Code of your authenticator").fill(codes[3]!);
    await form.getByRole("button").click();
    await page.getByRole("button", { name: "Set it up" }).waitFor();
  });

  test("shows where one is signed in, and signs another place out", async () => {
    const { page, customer } = await signedIn("everywhere", `${SETTINGS}/security`);
    const userAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0";
    const other = await openSignedIn(customer, { userAgent });
    await page.reload();
    const sessions = page.getByRole("list", { name: "Open sessions" }).getByRole("listitem");
    expect(await sessions.count()).toBe(2);
    expect(await sessions.filter({ hasText: "this one" }).count()).toBe(1);
    await page.getByRole("button", { name: /^Sign out Firefox on Windows/ }).click();
    await sessions.filter({ hasText: "Firefox on Windows" }).waitFor({ state: "detached" });
    await other.goto("/dashboard");
    expect(new URL(other.url()).pathname).toBe("/sign-in");
  });

  test("mails that are turned off stay off, without JavaScript too", async () => {
    const { page } = await signedIn("quiet", `${SETTINGS}/notifications`, { javaScriptEnabled: false });
    await page.getByRole("switch", { name: /A paid lane takes over/ }).uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await page.goto(`${SETTINGS}/notifications`);
    expect(await page.getByRole("switch", { name: /A paid lane takes over/ }).isChecked()).toBe(false);
    expect(await page.getByRole("switch", { name: /OpenAI signed an account out/ }).isChecked()).toBe(true);
  });

  test("the export asks for the password, is one file, and opens for nobody else", async () => {
    const { page, customer } = await signedIn("archivist", `${SETTINGS}/data`);
    const form = page.locator("form", { has: page.getByRole("button", { name: "Prepare the export" }) });
    await form.getByLabel("Your password").fill(customer.password);
    await form.getByRole("button").click();
    const link = page.getByRole("link", { name: "Download your data" });
    const [download, href] = [page.waitForEvent("download"), await link.getAttribute("href")];
    await link.click();
    const lines = readFileSync(await (await download).path(), "utf8")
      .trim()
      .split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { record: string }).record)).toEqual(
      expect.arrayContaining(["profile", "api_key", "lane"]),
    );
    expect((await (await desk.openPage()).request.get(`${desk.url}${href}`)).status()).toBe(401);
    const { page: stranger } = await signedIn("curious", SETTINGS);
    expect((await stranger.request.get(`${desk.url}${href}`)).status()).toBe(403);
    const byKey = await fetch(`${desk.url}${href}`, { headers: { authorization: `Bearer ${customer.apiKey}` } });
    expect(byKey.status).toBe(403);
  });

  test("an account is deleted by name and password, and its key and sessions are over at once", async () => {
    const { page, customer } = await signedIn("leaver", `${SETTINGS}/data`);
    const other = await openSignedIn(customer);
    await page.getByText("$10.00 is left in your wallet").waitFor();
    const form = page.locator("form", { has: page.getByRole("button", { name: "Delete my account" }) });
    await form.getByLabel("Type leaver to go on").fill("somebody");
    await form.getByLabel("Your password").fill(customer.password);
    await form.getByRole("button").click();
    await page.getByText("Type leaver to delete this account.").first().waitFor();
    await form.getByLabel("Type leaver to go on").fill("leaver");
    await form.getByLabel("Your password").fill(customer.password);
    await form.getByRole("button").click();
    await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
    await other.goto("/dashboard");
    expect(new URL(other.url()).pathname).toBe("/sign-in");
    const answer = await fetch(`${desk.url}/v1/models`, { headers: { authorization: `Bearer ${customer.apiKey}` } });
    expect(answer.status).toBe(401);
    expect(await runAdmin(desk.product, ["ledger", "verify"])).toMatchObject({ ok: true });
  });
});

describe("lanes", () => {
  test("are ordered with the keyboard, which is said aloud, and with the mouse", async () => {
    const { page } = await signedIn("sorter", "/dashboard/lanes/add-key");
    for (const label of ["Alpha", "Beta"]) await addKeyLane(page, label);
    const order = () => page.getByRole("list", { name: "Lanes in their order" }).getByRole("heading").allInnerTexts();
    await page.goto("/dashboard/lanes");
    // Nothing is dragged before the browser has taken over.
    await page.waitForLoadState("networkidle");
    await expect.poll(order).toEqual(["Alpha", "Beta", "Wallet"]);
    await page.getByRole("button", { name: "Drag Wallet to another place" }).focus();
    await page.keyboard.press("Space");
    await page.getByText("Wallet is lifted, from number 3 of 3.").waitFor({ state: "attached" });
    // It says so, and listens to the next key only when the browser comes to it.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    await page.keyboard.press("ArrowUp");
    await page.getByText("Wallet would be number 2 of 3.").waitFor({ state: "attached" });
    const saved = nextAction(page);
    await page.keyboard.press("Space");
    await page.getByText("Wallet is put down as number 2 of 3.").waitFor({ state: "attached" });
    await saved;
    await expect.poll(order).toEqual(["Alpha", "Wallet", "Beta"]);
    await page.reload();
    await page.waitForLoadState("networkidle");
    await expect.poll(order).toEqual(["Alpha", "Wallet", "Beta"]);

    const [from, to] = await Promise.all(
      ["Alpha", "Beta"].map((label) => page.getByRole("button", { name: `Drag ${label} to another place` }).boundingBox()),
    );
    await page.mouse.move(from!.x + 20, from!.y + 20);
    await page.mouse.down();
    await page.mouse.move(to!.x + 20, to!.y + 40, { steps: 12 });
    const savedAgain = nextAction(page);
    await page.mouse.up();
    await savedAgain;
    await expect.poll(order).toEqual(["Wallet", "Beta", "Alpha"]);
    await page.reload();
    await expect.poll(order).toEqual(["Wallet", "Beta", "Alpha"]);
  });

  test("what-if names the lane that would answer, why others would not, and what is wrong with a body", async () => {
    const { page } = await signedIn("asker", "/dashboard/lanes/what-if");
    await page.getByLabel("Model").fill("gpt-5.5");
    await page.getByRole("button", { name: "Show what would happen" }).click();
    await page.getByRole("heading", { name: "Wallet would answer with gpt-5.5" }).waitFor();
    await page.getByLabel("Model").fill("no-such-model");
    await page.getByRole("button", { name: "Show what would happen" }).click();
    await page.getByRole("heading", { name: "Nobody would answer with no-such-model" }).waitFor();
    await page.getByText("The wallet does not sell this model.").waitFor();
    await page.getByText("Paste a request body instead").click();
    await page.getByLabel("Body as JSON").fill('{"model": "gpt-5.5", "stream": "yes"}');
    await page.getByRole("button", { name: "Show what would happen" }).click();
    await page.getByText("stream must be true or false.").first().waitFor();
    expect(await page.getByLabel("Body as JSON").inputValue()).toContain('"stream": "yes"');
  });

  /** What is shown at once is saved a moment later. */
  async function nextAction(page: Page): Promise<void> {
    await page.waitForResponse((response) => response.request().method() === "POST");
  }

  async function addKeyLane(page: Page, label: string): Promise<void> {
    await page.goto("/dashboard/lanes/add-key");
    await page.getByLabel("Name of the lane").fill(label);
    await page.getByLabel("Address").fill(simulatedOpenai(desk.product));
    await page.getByLabel("API key").fill("sk-a-key-of-their-own");
    await page.getByRole("button", { name: /add|test/i }).click();
    await page.waitForURL(/\/dashboard\/lanes(\/lane_\w+)?$/);
  }
});

test.each(LOOKS)(
  "$width pixels wide and $colorScheme: every page is accessible, complains of nothing, and does not scroll sideways",
  async (look) => {
    const customer = await createCustomer(desk.product, `looker-${look.width}`);
    const page = await desk.openSignedIn(customer, { ...inLook(look), reducedMotion: "reduce" });
    const sections = ["", "/security", "/notifications", "/data"].map((section) => `${SETTINGS}${section}`);
    expect(await faultsOf(page, [...sections, "/dashboard/lanes", "/dashboard/lanes/what-if"])).toEqual([]);
  },
);

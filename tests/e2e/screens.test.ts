import { get } from "node:http";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf, pageFaults } from "@/tests/e2e/page-faults";
import { ask, choosePassword, createCustomer, type Customer, runAdmin, signInAsNewAdmin } from "@/tests/e2e/product-desk";

const ADMIN_PASSWORD = "an admin's long password";
const REFUSAL = "That name and password do not go together.";
const SIMULATED = "Simulator: answers are made up and no real money moves";
const SESSION_COOKIE = "next-auth.session-token";

const desk = startDesk();
let ada: Customer;

beforeAll(async () => {
  ada = await createCustomer(desk.product, "ada");
});

test("an address under /api that is not there is refused as JSON, with where to look", async () => {
  const answer = await fetch(`${desk.url}/api/v1/nope`, { method: "POST" });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining(`${desk.url}/api-docs`) as string } });
});

test("a WebSocket to the API is refused at once, also after a screen has been served", async () => {
  expect((await fetch(`${desk.url}/sign-in`)).status).toBe(200);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "c3dpdGNoeWFyZC10ZXN0IQ==",
    };
    get(`${desk.url}/v1/responses`, { headers: upgrade, timeout: 10_000 }, (answer) => resolve(answer.resume().statusCode)).on(
      "error",
      reject,
    );
  });
  expect(status).toBe(426);
});

describe("the first admin", () => {
  test("signs in with the one-time password once, must choose another, and then sees the users", async () => {
    const oneTimePassword = /^One-time password: (\S+)$/m.exec(desk.product.output())?.[1] ?? "";
    const page = await desk.openPage();
    await signIn(page, "admin", oneTimePassword);
    await page.waitForURL("**/change-password");
    await page.goto("/admin");
    expect(new URL(page.url()).pathname).toBe("/change-password");

    const other = await desk.openPage();
    await signIn(other, "admin", oneTimePassword);
    expect(await alertText(other)).toBe(REFUSAL);

    await choosePassword(page, "short");
    await page.getByText("Use 12 characters or more.").waitFor();
    await choosePassword(page, oneTimePassword);
    await expect.poll(() => alertText(page)).toBe("Choose another password than the one-time one.");
    await choosePassword(page, ADMIN_PASSWORD);
    await page.waitForURL("**/admin");

    const row = page.getByRole("row", { name: /ada/ });
    expect(await row.innerText()).toContain("$10.000000");
    await row.getByRole("link", { name: "ada" }).click();
    await page.getByRole("heading", { level: 1, name: "ada" }).waitFor();
    await page.getByRole("heading", { name: "Last requests" }).waitFor();
    await signIn(other, "admin", ADMIN_PASSWORD);
    await other.waitForURL("**/admin");
  });
});

describe("a customer", () => {
  test("sees the balance and each request with its tokens and cost", async () => {
    const answer = await ask(desk.product, ada.apiKey, { model: "gpt-5.5", input: "Say hello" });
    expect(answer.status).toBe(200);
    const { usage } = (await answer.json()) as { usage: { input_tokens: number; output_tokens: number } };
    const [logged] = (await readApi<{ rows: { costUsd: string }[] }>("/api/v1/requests?limit=1")).rows;
    const { wallet } = await readApi<{ wallet: { availableUsd: string } }>("/api/v1/me");

    const page = await desk.openSignedIn(ada, { timezoneId: "Asia/Kolkata" });
    const balance = page.getByRole("banner").getByTitle(`$${trimZeros(wallet.availableUsd)}`);
    expect(await balance.innerText()).toBe(`$${wallet.availableUsd.slice(0, -4)}`);
    const row = page.getByRole("table", { name: "Last requests" }).getByRole("row").nth(1);
    const cells = await row.getByRole("cell").allInnerTexts();
    expect(cells[0]).toMatch(/^Request of\s+\d+ \w+ 20\d\d, \d\d:\d\d:\d\d GMT\+5:30$/);
    expect(cells.slice(1)).toEqual([
      "gpt-5.5",
      "Wallet",
      String(usage.input_tokens),
      "0",
      String(usage.output_tokens),
      `$${logged?.costUsd}`,
      "completed",
    ]);
  });

  test("finds out from a request's own page which lane answered it, and how its cost adds up", async () => {
    const page = await desk.openSignedIn(ada);
    await page.getByRole("table", { name: "Last requests" }).getByRole("link").first().click();
    await page.waitForURL("**/dashboard/requests/req_*");
    await page.getByText("Wallet answered").waitFor();
    await page.getByText("Charged, rounded up to the micro-dollar").waitFor();
    await page.getByText("Settled at what it cost").waitFor();
    expect(await pageFaults(page, "a request")).toEqual([]);
    const stranger = await desk.openPage();
    expect((await stranger.goto(page.url()))?.url()).toMatch(/\/sign-in/);
  });

  test("sees the balance move without reloading", async () => {
    const page = await desk.openSignedIn(ada);
    await page.getByRole("banner").getByText("Balance").waitFor();
    await runAdmin(desk.product, ["credit", "--username", "ada", "--amount-usd", "5", "--note", "a gift"]);
    const { wallet } = await readApi<{ wallet: { availableUsd: string } }>("/api/v1/me");
    await page
      .getByRole("banner")
      .getByTitle(`$${trimZeros(wallet.availableUsd)}`)
      .waitFor();
  });

  test("is told when the wallet is empty, beside its lane too", async () => {
    const broke = (await runAdmin(desk.product, ["customer", "create", "--username", "broke"])) as Customer;
    const page = await desk.openSignedIn(broke);
    await page.getByText("Your operator adds credit.").waitFor();
    const lanes = page.getByRole("list", { name: "Lanes in their order" });
    expect(await lanes.innerText()).toContain("empty");
    await runAdmin(desk.product, ["credit", "--username", "broke", "--amount-usd", "5", "--note", "a gift"]);
    await lanes.getByText("ready").waitFor();
  });

  test("sees the newest requests on the overview and reaches the whole log from there", async () => {
    await Promise.all(Array.from({ length: 9 }, () => ask(desk.product, ada.apiKey, { model: "gpt-5.5", input: "Say hello" })));
    const page = await desk.openSignedIn(ada);
    expect(await page.getByRole("table", { name: "Last requests" }).getByRole("row").count()).toBe(1 + 8);
    await page.getByRole("link", { name: "All requests" }).click();
    await page.waitForURL("**/dashboard/requests");
  });

  test("reaches the change of password from the header", async () => {
    const page = await desk.openSignedIn(ada, { viewport: { width: 320, height: 700 } });
    await page.getByRole("button", { name: "Account of ada" }).click();
    const link = page.getByRole("menuitem", { name: "Settings" });
    expect((await link.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
    await link.click();
    await page.waitForURL("**/dashboard/settings");
    await page.getByRole("link", { name: "Security" }).click();
    await page.getByLabel("Current password").waitFor();
  });

  test("reaches the dashboard under its old address", async () => {
    const page = await desk.openSignedIn(ada, { at: "/dashboard.html" });
    expect(new URL(page.url()).pathname).toBe("/dashboard");
  });

  test("finds nothing where an admin would find the users", async () => {
    const page = await desk.openSignedIn(ada, { expectedComplaint: "404" });
    const answer = await page.goto("/admin");
    expect(answer?.status()).toBe(404);
    expect(await page.getByRole("heading").innerText()).toBe("There is nothing here");
  });
});

describe("sign-in", () => {
  test("a wrong password and an unknown name get one answer, and the name that was typed stays", async () => {
    for (const name of ["ada", "nobody"]) {
      const page = await desk.openPage();
      await signIn(page, name, "not the password");
      expect(await alertText(page)).toBe(REFUSAL);
      expect(await page.getByLabel("Username or e-mail").inputValue()).toBe(name);
      await expect.poll(() => page.getByLabel("Password").inputValue()).toBe("");
    }
  });

  test("signing out ends the session on the server: a copied cookie is worth nothing", async () => {
    const page = await desk.openSignedIn(ada);
    const copied = (await page.context().cookies()).find(({ name }) => name === SESSION_COOKIE);
    const me = () => fetch(`${desk.url}/api/v1/me`, { headers: { cookie: `${SESSION_COOKIE}=${copied?.value}` } });
    expect((await me()).status).toBe(200);
    await page.getByRole("button", { name: "Account of ada" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in");
    expect((await me()).status).toBe(401);
  });

  test("signing out on all devices ends the other sessions too", async () => {
    const [here, there] = [await desk.openSignedIn(ada), await desk.openSignedIn(ada)];
    await here.goto("/change-password");
    await here.getByRole("button", { name: "Sign out on all devices" }).click();
    await here.waitForURL("**/sign-in");
    await there.reload();
    expect(new URL(there.url()).pathname).toBe("/sign-in");
  });

  test("works without JavaScript, keeps what was typed, and signs out again", async () => {
    const page = await desk.openPage({ javaScriptEnabled: false });
    await signIn(page, "ada", "not the password");
    expect(await alertText(page)).toBe(REFUSAL);
    expect(await page.getByLabel("Username or e-mail").inputValue()).toBe("ada");
    await signIn(page, "ada", ada.password);
    await page.waitForURL("**/dashboard");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in");
  });

  test("next-auth's own endpoints take the same name and password", async () => {
    const csrf = await fetch(`${desk.url}/api/auth/csrf`);
    const { csrfToken } = (await csrf.json()) as { csrfToken: string };
    const cookie = csrf.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    const signedIn = await fetch(`${desk.url}/api/auth/callback/credentials`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie },
      body: new URLSearchParams({ csrfToken, username: "ada", password: ada.password }),
    });
    const session =
      signedIn.headers
        .getSetCookie()
        .find((line) => line.startsWith(SESSION_COOKIE))
        ?.split(";")[0] ?? "";
    const me = await fetch(`${desk.url}/api/v1/me`, { headers: { cookie: session } });
    expect(await me.json()).toMatchObject({ user: { username: "ada" } });
  });
});

describe("every screen", () => {
  const screens = {
    stranger: ["/", "/sign-in", "/no-such-page"],
    newcomer: ["/change-password"],
    customer: ["/dashboard", "/change-password"],
    admin: () => ["/admin", `/admin/users/${ada.userId}`],
  };

  test.each(LOOKS)(
    "$width pixels wide and $colorScheme: no axe violation, no sideways scroll, no word in the console, and it says that it is simulated",
    async (look) => {
      const found = [
        ...(await faults(await desk.openPage({ expectedComplaint: "404", ...inLook(look) }), screens.stranger)),
        ...(await faults(await desk.openSignedIn(ada, inLook(look)), screens.customer)),
      ];
      const page = await desk.openPage(inLook(look));
      await signInAsNewAdmin(desk.product, page, `operator-${look.width}-${look.colorScheme}`);
      found.push(...(await faults(page, screens.newcomer)));
      await choosePassword(page, ADMIN_PASSWORD);
      await page.waitForURL("**/admin");
      found.push(...(await faults(page, screens.admin())));
      expect(found).toEqual([]);
    },
  );

  function faults(page: Page, addresses: readonly string[]): Promise<string[]> {
    return faultsOf(page, addresses, async (address) => {
      await page.waitForLoadState("networkidle");
      expect(await page.getByRole("complementary").innerText(), address).toBe(SIMULATED);
    });
  }

  test("the chosen theme outlives a reload", async () => {
    const page = await desk.openPage({ colorScheme: "light" });
    await page.goto("/sign-in");
    await page.getByRole("button", { name: "Dark" }).click();
    await page.reload();
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
    await page.getByRole("button", { name: "Dark", pressed: true }).waitFor();
  });
});

async function readApi<T>(address: string): Promise<T> {
  const response = await fetch(`${desk.url}${address}`, { headers: { authorization: `Bearer ${ada.apiKey}` } });
  expect(response.headers.get("cache-control")).toBe("no-store");
  return (await response.json()) as T;
}

/** Into the form that is open already, if one is: it has to work after a refusal too. */
async function signIn(page: Page, name: string, password: string): Promise<void> {
  if (new URL(page.url(), "http://blank").pathname !== "/sign-in") await page.goto("/sign-in");
  await page.getByLabel("Username or e-mail").fill(name);
  await page.getByLabel("Password").fill(password);
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Sign in" }).click();
  await answered;
}

async function alertText(page: Page): Promise<string> {
  return page.getByRole("alert").filter({ hasText: /./ }).innerText();
}

/** As amounts are written for people: at least two decimals. */
function trimZeros(usd: string): string {
  return usd.replace(/0{1,4}$/, "");
}

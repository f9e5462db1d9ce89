import { Secret, TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { confirmTotp } from "@/lib/users/confirm-totp";
import { startTotp } from "@/lib/users/start-totp";
import { startDesk } from "@/tests/e2e/desk";
import { inLook, LOOKS } from "@/tests/e2e/looks";
import { faultsOf } from "@/tests/e2e/page-faults";
import { choosePassword, createCustomer, runAdmin, signIn } from "@/tests/e2e/product-desk";
import { eventually } from "@/tests/factories/eventually";
import { startMailServer, type MailServer } from "@/tests/factories/mail-server";
import { openOffice } from "@/workers/admin/office";

/*
 * People and their accounts in the whole product, with the mails going over a real socket to a real mail server. An admin looks at
 * every sign-up.
 */
const PASSWORD = "seven unrelated words here";
const NEW_PASSWORD = "quite another password";

let mailServer: MailServer;
beforeAll(async () => {
  mailServer = await startMailServer();
});
afterAll(() => mailServer?.close());

const desk = startDesk({
  settings: () => ({ SIGN_UP: "review", SMTP_URL: mailServer.url, SUPPORT_EMAIL: "help@example.com", CODEX_LANES: "off" }),
});

describe("signing up", () => {
  test.each([true, false])(
    "from the form to the dashboard, with a mistyped address on the way (JavaScript: %s)",
    async (javaScriptEnabled) => {
      const username = `new-${javaScriptEnabled}`;
      const page = await desk.openPage({ javaScriptEnabled });
      await page.goto("/sign-up");
      await page.getByLabel("E-mail").fill(`${username}@exmaple.example`);
      await page.getByLabel("Username").fill(username);
      await page.getByLabel("What will you use it for?").fill("Tools of my own");
      await page.getByLabel("Password").fill("password2026!!");
      await page.getByRole("checkbox").check();
      await page.getByRole("button", { name: "Sign up" }).click();
      await page.locator("#password-note").getByText("one of those that are tried first").waitFor();
      expect(await page.getByLabel("What will you use it for?").inputValue()).toBe("Tools of my own");
      expect(await page.getByRole("checkbox").isChecked()).toBe(true);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign up" }).click();
      await page.getByRole("heading", { name: "Confirm your address" }).waitFor();

      await page.goto("/dashboard");
      expect(new URL(page.url()).pathname).toBe("/welcome");
      const wrongLink = await mailedLink(`${username}@exmaple.example`, "verify");
      await page.getByText("The address is not right").click();
      await page.getByLabel("Your e-mail address").fill(`${username}@example.com`);
      await page.getByRole("button", { name: "Send the link there" }).click();
      await page.getByText(`We sent a link to ${username}@example.com`).waitFor();

      const link = await mailedLink(`${username}@example.com`, "verify");
      // What mail programs do by themselves.
      for (let visit = 0; visit < 3; visit += 1) expect((await fetch(link)).status).toBe(200);
      await page.goto(wrongLink);
      await page.getByRole("heading", { name: "This link does not work any more" }).waitFor();
      await page.goto(link);
      await page.getByRole("button", { name: "Confirm this address" }).click();
      await page.getByRole("heading", { name: "An admin will look at it" }).waitFor();
      expect((await runAdmin(desk.product, ["signup", "list"])) as object[]).toContainEqual(
        expect.objectContaining({ username, email: `${username}@example.com`, note: "Tools of my own", status: "pending" }),
      );

      await page.goto(link);
      await page.getByRole("heading", { name: "This link does not work any more" }).waitFor();
      await runAdmin(desk.product, ["signup", "approve", "--username", username, "--note", "looks fine"]);
      await mailTo(`${username}@example.com`, "Welcome to Switchyard");
      await page.goto("/welcome");
      expect(new URL(page.url()).pathname).toBe("/dashboard");
    },
  );

  test("an admin refuses a newcomer on the screen with a reason, who is told and sees nothing else; and lets them in after all", async () => {
    const { page, username } = await confirmedNewcomer("refused");
    const admin = await desk.openAdmin("gatekeeper", { at: "/admin/signups" });
    await admin.getByRole("button", { name: `Refuse ${username}` }).click();
    await admin.getByText("Say why: it stands in the audit log.").waitFor();
    await admin.getByLabel(`Why, for ${username}`).fill("a known spammer");
    await admin.getByRole("button", { name: `Refuse ${username}` }).click();
    await admin.getByText(": a known spammer").waitFor();
    await mailTo(`${username}@example.com`, "Your sign-up at Switchyard");

    await page.goto("/dashboard/lanes");
    await page.getByRole("heading", { name: "Your sign-up was refused" }).waitFor();
    expect((await page.request.get(`${desk.url}/api/v1/me`)).status()).toBe(401);
    await admin.getByLabel(`Why, for ${username}`).fill("it was somebody else");
    await admin.getByRole("button", { name: `Let ${username} in` }).click();
    await admin.getByRole("button", { name: `Let ${username} in` }).waitFor({ state: "detached" });
    await page.reload();
    await page.waitForURL("**/dashboard");
  });

  test("who waits to be let in exports and deletes what they told us, with the password", async () => {
    const { page, username } = await confirmedNewcomer("changed-my-mind");
    await page.getByRole("link", { name: "Export or delete your data" }).click();
    const exporting = page.locator("form", { has: page.getByRole("button", { name: "Prepare the export" }) });
    await exporting.getByLabel("Your password").fill("not the password");
    await exporting.getByRole("button").click();
    await exporting.getByText("This is not your password.").first().waitFor();
    await exporting.getByLabel("Your password").fill(PASSWORD);
    await exporting.getByRole("button").click();
    const href = await page.getByRole("link", { name: "Download your data" }).getAttribute("href");
    expect(await (await page.request.get(`${desk.url}${href}`)).text()).toContain(`"username":"${username}"`);
    expect((await page.request.get(`${desk.url}/api/v1/requests/export`)).status()).toBe(401);

    const deleting = page.locator("form", { has: page.getByRole("button", { name: "Delete my account" }) });
    await deleting.getByLabel(`Type ${username} to go on`).fill(username);
    await deleting.getByLabel("Your password").fill(PASSWORD);
    await deleting.getByRole("button").click();
    await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
    expect((await page.request.get(`${desk.url}${href}`)).status()).toBe(401);
    expect(JSON.stringify(await runAdmin(desk.product, ["signup", "list"]))).not.toContain(username);
  });

  test("an address that somebody has leads to the same pages as a free one, and only its owner is told", async () => {
    const owner = await confirmedNewcomer("owner");
    const seen = async (username: string, email: string) => {
      const page = await desk.openPage();
      await signUp(page, username, email);
      const first = await page.getByRole("main").innerText();
      await page.getByRole("button", { name: "Send the link again" }).click();
      await page.getByText("A new link is on its way").waitFor();
      await page.goto("/welcome");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL("**/sign-in");
      await signIn(desk.product, page, { username, password: PASSWORD });
      await page.waitForURL("**/welcome");
      const text = first + (await page.getByRole("main").innerText());
      return text.replaceAll(email, "EMAIL").replaceAll(username, "USERNAME");
    };
    const free = await seen("somebody-one", "somebody-one@example.com");
    expect(free).toContain("We sent a link to EMAIL");
    expect(await seen("somebody-two", owner.email)).toBe(free);
    await mailTo(owner.email, "Your address was given at Switchyard");
  });

  test("a username that is taken is said at its field, and nothing that was typed is lost", async () => {
    await createCustomer(desk.product, "taken");
    const page = await desk.openPage();
    await page.goto("/sign-up");
    await fillSignUp(page, "TAKEN", "another@example.com");
    await page.getByRole("button", { name: "Sign up" }).click();
    await page.locator("#username-note").getByText("This username is taken.").waitFor();
    expect(await page.getByLabel("E-mail").inputValue()).toBe("another@example.com");
  });
});

describe("signing in", () => {
  test("leads back to where somebody wanted to go, through the second step, with each code once", async () => {
    const { userId, username, password } = await createCustomer(desk.product, "guarded");
    const { secret, recoveryCodes } = await turnTotpOn(userId);
    const codeAt = (timestamp: number) => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
    const page = await desk.openPage();
    await page.goto("/dashboard/lanes/add-key?x=1");
    await page.waitForURL("**/sign-in?to=*");
    const enter = async (code: string) => {
      await page.getByLabel("Username or e-mail").fill(username);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByLabel("Six-digit code").fill(code);
      await page.getByRole("button", { name: "Sign in" }).click();
    };
    // The next step, since the present one confirmed the app.
    const code = codeAt(Date.now() + 30_000);
    await enter(code);
    await page.waitForURL("**/dashboard/lanes/add-key?x=1");

    await page.context().clearCookies();
    await page.goto(`/sign-in?to=${encodeURIComponent("//evil.example/")}`);
    await enter(code);
    await page.getByText("This code is not right, or was used before.").waitFor();
    await page.goto("/dashboard");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await page.goto("/sign-in/code");
    await page.getByRole("link", { name: "Use a recovery code" }).click();
    await page.getByLabel("Recovery code").fill(recoveryCodes[0] ?? "");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${desk.url}/dashboard`);
  });

  test("through next-auth's own callback needs the code too, and opens nothing more to a newcomer", async () => {
    const { userId, username, password } = await createCustomer(desk.product, "guarded-too");
    const { recoveryCodes } = await turnTotpOn(userId);
    const api = (await desk.openPage()).request;
    const callback = async (fields: Record<string, string>) => {
      const { csrfToken } = (await (await api.get(`${desk.url}/api/auth/csrf`)).json()) as { csrfToken: string };
      const answer = await api.post(`${desk.url}/api/auth/callback/credentials`, { form: { csrfToken, json: "true", ...fields } });
      return { status: answer.status(), me: (await api.get(`${desk.url}/api/v1/me`)).status() };
    };
    expect(await callback({ username, password })).toEqual({ status: 401, me: 401 });
    expect(await callback({ username, password, code: "000000" })).toEqual({ status: 401, me: 401 });
    expect(await callback({ username, password, code: recoveryCodes[1] ?? "" })).toEqual({ status: 200, me: 200 });
    const newcomer = await desk.openPage();
    await signUp(newcomer, "unconfirmed", "unconfirmed@example.com");
    expect(await callback({ username: "unconfirmed", password: PASSWORD })).toEqual({ status: 200, me: 401 });
  });
});

test.each([true, false])(
  "a forgotten password is set anew by mail, which ends every session; an unknown address is answered alike (JavaScript: %s)",
  async (javaScriptEnabled) => {
    const { page, email, username } = await confirmedNewcomer(`forgetful-${javaScriptEnabled}`);
    const nobody = `nobody-${javaScriptEnabled}@example.com`;
    const other = await desk.openPage({ javaScriptEnabled });
    const ask = async (address: string) => {
      await other.goto("/reset-password");
      await other.getByLabel("E-mail").fill(address);
      await other.getByRole("button", { name: "Send the link" }).click();
      await other.getByText("A mail is on its way").waitFor();
      return (await other.getByRole("main").innerText()).replaceAll(address, "EMAIL");
    };
    expect(await ask(nobody)).toBe(await ask(email));
    await mailTo(nobody, "No account at Switchyard has this address");
    const link = await mailedLink(email, "reset-password");
    await other.goto(link);
    await choosePassword(other, username.padEnd(12, "1"));
    await other.locator("#newPassword-note").getByText("do not count").waitFor();
    await choosePassword(other, NEW_PASSWORD);
    await other.getByText("Your new password is set").waitFor();
    await page.goto("/welcome");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await signIn(desk.product, page, { username: email, password: NEW_PASSWORD });
    await page.waitForURL("**/welcome");
    await other.goto(link);
    await other.getByRole("heading", { name: "This link does not work any more" }).waitFor();
  },
);

test.each(LOOKS)("$width pixels wide and $colorScheme: no screen has an axe violation or scrolls sideways", async (look) => {
  const stranger = await desk.openPage(inLook(look));
  const found = await faultsOf(stranger, ["/sign-up", "/sign-in", "/sign-in?notice=password", "/reset-password", "/verify/made-up"]);
  const name = `axe-${look.width}-${look.colorScheme}`;
  await signUp(stranger, name, `${name}@example.com`);
  const verify = new URL(await mailedLink(`${name}@example.com`, "verify")).pathname;
  found.push(...(await faultsOf(stranger, ["/welcome", "/welcome/data", verify, "/change-email/done"])));
  const admin = await desk.openAdmin(`operator-${name}`, inLook(look));
  found.push(...(await faultsOf(admin, ["/admin/signups"])));
  expect(found).toEqual([]);
});

async function fillSignUp(page: Page, username: string, email: string): Promise<void> {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("checkbox").check();
}

async function signUp(page: Page, username: string, email: string): Promise<void> {
  await page.goto("/sign-up");
  await fillSignUp(page, username, email);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.waitForURL("**/welcome");
}

async function confirmedNewcomer(username: string): Promise<{ page: Page; username: string; email: string }> {
  const page = await desk.openPage();
  const email = `${username}@example.com`;
  await signUp(page, username, email);
  await page.goto(await mailedLink(email, "verify"));
  await page.getByRole("button", { name: "Confirm this address" }).click();
  await page.getByRole("heading", { name: "An admin will look at it" }).waitFor();
  return { page, username, email };
}

/** The newest mail to this address with this subject, as soon as it has arrived. */
async function mailTo(email: string, subject: string): Promise<string> {
  let text = "";
  await eventually(() => {
    const mail = mailServer.received.findLast(({ to, headers }) => to.includes(email) && headers["subject"] === subject);
    if (!mail) throw new Error(`no mail "${subject}" to ${email} among ${mailServer.received.length}`);
    text = mail.raw.replaceAll("=\r\n", "").replaceAll("=3D", "=");
  });
  return text;
}

const LINK_SUBJECTS = { verify: "Confirm your address for Switchyard", "reset-password": "Set a new password for Switchyard" } as const;

async function mailedLink(email: string, screen: keyof typeof LINK_SUBJECTS): Promise<string> {
  const text = await mailTo(email, LINK_SUBJECTS[screen]);
  const secret = new RegExp(`/${screen}/([\\w-]{43})`).exec(text)?.[1];
  if (!secret) throw new Error(`no link to ${screen} in:\n${text}`);
  return `${desk.url}/${screen}/${secret}`;
}

/** As the settings do it. */
async function turnTotpOn(userId: string): Promise<{ secret: string; recoveryCodes: string[] }> {
  const office = await openOffice({ ...process.env, SWITCHYARD_DATA_DIR: desk.product.dataDir });
  try {
    const { sealer, actor, clock } = office;
    const { secret } = await office.transact((tx) => startTotp(tx, { userId, sealer, brandName: "Switchyard", now: clock.now() }));
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
    const result = await office.transact((tx) => confirmTotp(tx, { userId, code, sealer, actor, now: clock.now() }));
    if (result.kind !== "confirmed") throw new Error(result.kind);
    return { secret, recoveryCodes: result.recoveryCodes };
  } finally {
    await office.close();
  }
}

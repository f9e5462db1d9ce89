import { eq } from "drizzle-orm";
import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Orm } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { hashPassword } from "@/lib/crypto/password";
import { ActLimiter } from "@/lib/users/act-limiter";
import { changePassword } from "@/lib/users/change-password";
import { confirmTotp } from "@/lib/users/confirm-totp";
import { disableTotp } from "@/lib/users/disable-totp";
import { finishSignIn } from "@/lib/users/finish-sign-in";
import { issueOneTimePassword } from "@/lib/users/issue-one-time-password";
import { newRecoveryCodes } from "@/lib/users/new-recovery-codes";
import { readSecurity } from "@/lib/users/read-security";
import { reauthenticate } from "@/lib/users/reauthenticate";
import { readSession, revokeAllSessions } from "@/lib/users/sessions";
import { signIn } from "@/lib/users/sign-in";
import { SignInLimiter } from "@/lib/users/sign-in-limiter";
import { readTotpSetup, startTotp } from "@/lib/users/start-totp";
import { openTotpSecret } from "@/lib/users/totp";
import { totpQr } from "@/lib/users/totp-qr";
import { OPERATOR, OPERATOR_VIEWER, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { mailsTo, TEST_SEALER } from "@/tests/factories/newcomer";

const PASSWORD = "correct horse battery";
const STEP_MS = 30_000;
const ticketSecret = "a secret for tickets in tests";
const sealer = TEST_SEALER;
const start = new Date("2026-11-21T12:00:10Z");
const later = (steps: number) => new Date(start.getTime() + steps * STEP_MS);

let database: TestDatabase;
let other: ReturnType<TestDatabase["connect"]>;
let passwordHash: string;
beforeAll(async () => {
  database = await testDatabase();
  other = database.connect();
  passwordHash = await hashPassword(PASSWORD);
});
afterAll(() => database.close());

const inTx = withTransaction;

/** What the person's own app would show at that moment. */
function codeAt(secret: string, at: Date): string {
  return new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate({ timestamp: at.getTime() });
}

/** A customer with two-factor sign-in since step 0. */
async function guarded() {
  const made = await testCustomer(database.orm, { passwordHash });
  await database.orm
    .update(users)
    .set({ email: `${made.username}@example.com` })
    .where(eq(users.id, made.userId));
  const { userId } = made;
  const { secret, uri } = await inTx(database.orm, (tx) => startTotp(tx, { userId, sealer, brandName: "Acme", now: start }));
  const code = codeAt(secret, start);
  const result = await inTx(database.orm, (tx) => confirmTotp(tx, { userId, code, sealer, actor: OPERATOR, now: start }));
  if (result.kind !== "confirmed") throw new Error(result.kind);
  return { ...made, email: `${made.username}@example.com`, secret, uri, recoveryCodes: result.recoveryCodes };
}

async function ticketOf(username: string, at: Date): Promise<string> {
  const parts = { orm: database.orm, clock: { now: () => at }, limiter: new SignInLimiter(), ticketSecret };
  const result = await signIn(parts, { name: username, password: PASSWORD, address: null, userAgent: null });
  if (result.kind !== "second_step") throw new Error(result.kind);
  return result.ticket;
}

type FinishOptions = { orm?: Orm; limiter?: ActLimiter; address?: string | null };

function finish(ticket: string, code: string, at: Date, options: FinishOptions = {}) {
  const { orm = database.orm, limiter = new ActLimiter(), address = null } = options;
  return finishSignIn({ orm, clock: { now: () => at }, sealer, limiter, ticketSecret }, { ticket, code, address, userAgent: null });
}

describe("setting up", () => {
  test("asks for nothing until a first code was right, and then for one at every sign-in", async () => {
    const { userId, username } = await testCustomer(database.orm, { passwordHash });
    const { secret } = await inTx(database.orm, (tx) => startTotp(tx, { userId, sealer, brandName: "Acme", now: start }));
    const enter = () =>
      signIn(
        { orm: database.orm, clock: { now: () => start }, limiter: new SignInLimiter(), ticketSecret },
        { name: username, password: PASSWORD, address: null, userAgent: null },
      );
    expect(await enter()).toMatchObject({ kind: "signed_in" });
    const confirm = (code: string) => inTx(database.orm, (tx) => confirmTotp(tx, { userId, code, sealer, actor: OPERATOR, now: start }));
    expect(await confirm("000000")).toEqual({ kind: "wrong_code" });
    expect(await confirm(codeAt(secret, later(5)))).toEqual({ kind: "wrong_code" });
    const confirmed = await confirm(codeAt(secret, start));
    expect(confirmed).toMatchObject({ kind: "confirmed" });
    expect(confirmed.kind === "confirmed" && new Set(confirmed.recoveryCodes).size).toBe(10);
    expect(await confirm(codeAt(secret, start))).toEqual({ kind: "not_started" });
    expect(await enter()).toMatchObject({ kind: "second_step" });
    await expect(inTx(database.orm, (tx) => startTotp(tx, { userId, sealer, brandName: "Acme", now: start }))).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("that is not confirmed within a quarter of an hour is forgotten, and begins with the password again", async () => {
    const { userId } = await testCustomer(database.orm);
    const setup = { userId, sealer, brandName: "Acme" };
    const { secret } = await inTx(database.orm, (tx) => startTotp(tx, { ...setup, now: start }));
    const [last, over] = [later(29), later(30)];
    expect(await readTotpSetup(database.orm, { ...setup, now: last })).toMatchObject({ secret });
    expect(await readTotpSetup(database.orm, { ...setup, now: over })).toBeNull();
    expect(await readSecurity(database.orm, OPERATOR_VIEWER, { userId, now: last })).toMatchObject({ totp: "started" });
    expect(await readSecurity(database.orm, OPERATOR_VIEWER, { userId, now: over })).toMatchObject({ totp: "off" });
    const confirm = (at: Date) =>
      inTx(database.orm, (tx) => confirmTotp(tx, { userId, code: codeAt(secret, at), sealer, actor: OPERATOR, now: at }));
    expect(await confirm(over)).toEqual({ kind: "not_started" });
    expect(await confirm(last)).toMatchObject({ kind: "confirmed" });
  });

  test("names brand and user to the app, and the QR code is a square with its quiet zone", async () => {
    const { userId, username } = await testCustomer(database.orm);
    const { secret, uri } = await inTx(database.orm, (tx) => startTotp(tx, { userId, sealer, brandName: "Acme & Co", now: start }));
    const read = new URL(uri);
    expect(decodeURIComponent(read.pathname)).toContain(`Acme & Co:${username}`);
    expect(read.searchParams.get("secret")).toBe(secret);
    expect(await readTotpSetup(database.orm, { userId, sealer, brandName: "Acme & Co", now: start })).toEqual({ secret, uri });
    const { size, path } = totpQr(uri);
    expect(size).toBeGreaterThan(29);
    expect(path).toMatch(/^(M\d+ \d+h1v1h-1z)+$/);
    expect(path.startsWith("M4 4h1")).toBe(true);
  });

  test("keeps secret and codes in no clear form, and the sealed secret opens for its own user only", async () => {
    const { userId, secret, recoveryCodes } = await guarded();
    const rows =
      await database.sql`select row_to_json(u)::text as text from users u union all select row_to_json(r)::text from recovery_codes r`;
    const text = JSON.stringify(rows);
    for (const hidden of [secret, ...recoveryCodes]) expect(text).not.toContain(hidden);
    const [row] = await database.orm.select({ sealed: users.totpSecret }).from(users).where(eq(users.id, userId));
    expect(openTotpSecret(sealer, row?.sealed ?? Buffer.alloc(0), userId)).toBe(secret);
    expect(() => openTotpSecret(sealer, row?.sealed ?? Buffer.alloc(0), "usr_other")).toThrow();
  });
});

describe("the second step", () => {
  test("takes a code one step early and late, and no further", async () => {
    const { username, secret } = await guarded();
    const at = later(10);
    const enter = async (steps: number) => (await finish(await ticketOf(username, at), codeAt(secret, later(10 + steps)), at)).kind;
    expect(await enter(-2)).toBe("wrong_code");
    expect(await enter(2)).toBe("wrong_code");
    expect(await enter(-1)).toBe("signed_in");
    expect(await enter(0)).toBe("signed_in");
    expect(await enter(1)).toBe("signed_in");
  });

  test("takes each step once, of two at the same moment too, and none before the last one taken", async () => {
    const { username, secret } = await guarded();
    expect(await finish(await ticketOf(username, start), codeAt(secret, start), start)).toEqual({ kind: "wrong_code" });
    const at = later(3);
    const code = codeAt(secret, at);
    const tickets = await Promise.all([ticketOf(username, at), ticketOf(username, at)]);
    const results = await Promise.all([
      finish(tickets[0], code, at),
      finish(tickets[1], `${code.slice(0, 3)} ${code.slice(3)}`, at, { orm: other.orm }),
    ]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["signed_in", "wrong_code"]);
    expect(await finish(tickets[0], codeAt(secret, later(2)), at)).toEqual({ kind: "wrong_code" });
  });

  test("takes each recovery code once, of two at the same moment too, however it is typed, and tells the user what is left", async () => {
    const { userId, username, email, recoveryCodes } = await guarded();
    const code = recoveryCodes[3] ?? "";
    const ticket = await ticketOf(username, start);
    const typed = ` ${code.toUpperCase().replaceAll("-", " ")} `;
    const results = await Promise.all([finish(ticket, code, start), finish(ticket, typed, start, { orm: other.orm })]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["signed_in", "wrong_code"]);
    expect(await readSecurity(database.orm, OPERATOR_VIEWER, { userId, now: start })).toMatchObject({ totp: "on", recoveryCodesLeft: 9 });
    const [mail] = await database.sql`
      select payload from outbox where recipient = ${email} and payload ->> 'event' = 'recovery_code_used'`;
    expect(mail).toMatchObject({ payload: { left: 9 } });
  });

  test("stops after eight wrong codes, also for the right one, and wrong ones open nothing", async () => {
    const { username, secret } = await guarded();
    const limiter = new ActLimiter();
    const at = later(20);
    const ticket = await ticketOf(username, at);
    const wrong = await Promise.all(Array.from({ length: 20 }, (_, i) => finish(ticket, String(100_000 + i), at, { limiter })));
    expect(wrong.filter(({ kind }) => kind === "wrong_code")).toHaveLength(8);
    expect(await finish(ticket, codeAt(secret, at), at, { limiter })).toMatchObject({ kind: "too_many_tries" });
  });

  test("stays open to its owner when a stranger with the password has used up the codes: at home, with a recovery code, or with a new password", async () => {
    const { userId, username, secret, recoveryCodes } = await guarded();
    const limiter = new ActLimiter();
    const home = "203.0.113.7";
    const enterFrom = async (address: string, code: string, at: Date) =>
      finish(await ticketOf(username, at), code, at, { limiter, address });
    expect(await enterFrom(home, codeAt(secret, later(1)), later(1))).toMatchObject({ kind: "signed_in" });
    for (let i = 0; i < 12; i += 1) await enterFrom(`198.51.100.${i}`, "000000", later(5));
    const elsewhere = "192.0.2.50";
    expect(await enterFrom(elsewhere, codeAt(secret, later(5)), later(5))).toMatchObject({ kind: "too_many_tries" });
    expect(await enterFrom(home, codeAt(secret, later(5)), later(5))).toMatchObject({ kind: "signed_in" });
    expect(await enterFrom(elsewhere, recoveryCodes[0] ?? "", later(6))).toMatchObject({ kind: "signed_in" });
    const wrong = await Promise.all(Array.from({ length: 20 }, () => enterFrom(home, "000000", later(7))));
    expect(wrong.filter(({ kind }) => kind === "wrong_code")).toHaveLength(8);
    await limiter.clear("code", { address: elsewhere, subject: userId });
    expect(await enterFrom("192.0.2.51", codeAt(secret, later(8)), later(8))).toMatchObject({ kind: "signed_in" });
  });

  test("is over after ten minutes, for a ticket that was made up, and once the password or all sessions have changed", async () => {
    const { userId, username, secret } = await guarded();
    const at = later(30);
    const ticket = await ticketOf(username, start);
    expect(await finish(ticket, codeAt(secret, at), at)).toEqual({ kind: "expired" });
    expect(await finish(`${userId}.${at.getTime() + STEP_MS}.AAAA`, codeAt(secret, at), at)).toEqual({ kind: "expired" });
    const [, , tag] = (await ticketOf(username, at)).split(".");
    expect(await finish(`${userId}.${at.getTime() + 10 * 600_000}.${tag}`, codeAt(secret, at), at)).toEqual({ kind: "expired" });
    const before = await ticketOf(username, at);
    await inTx(database.orm, (tx) => revokeAllSessions(tx, { userId, now: start }));
    expect(await finish(before, codeAt(secret, at), at)).toEqual({ kind: "expired" });
    const last = await ticketOf(username, at);
    await database.orm
      .update(users)
      .set({ passwordHash: await hashPassword("another one entirely") })
      .where(eq(users.id, userId));
    expect(await finish(last, codeAt(secret, at), at)).toEqual({ kind: "expired" });
  });

  test("uses up a one-time password only with the right code", async () => {
    const { userId, username, secret } = await guarded();
    await inTx(database.orm, (tx) => issueOneTimePassword(tx, { userId, passwordHash, actor: OPERATOR, now: start }));
    const at = later(2);
    const ticket = await ticketOf(username, at);
    expect(await finish(ticket, "000000", at)).toEqual({ kind: "wrong_code" });
    expect(await finish(ticket, codeAt(secret, at), at)).toMatchObject({ kind: "signed_in", session: { mustChangePassword: true } });
    await expect(ticketOf(username, at)).rejects.toThrow("refused");
  });
});

describe("turning off and renewing", () => {
  test("forgets secret and codes, tells the user, and the password alone is enough again", async () => {
    const { userId, username, email } = await guarded();
    expect(await inTx(database.orm, (tx) => disableTotp(tx, { userId, actor: OPERATOR }))).toBe(true);
    expect(await inTx(database.orm, (tx) => disableTotp(tx, { userId, actor: OPERATOR }))).toBe(false);
    expect(await readSecurity(database.orm, OPERATOR_VIEWER, { userId, now: start })).toMatchObject({ totp: "off", recoveryCodesLeft: 0 });
    await expect(ticketOf(username, start)).rejects.toThrow("signed_in");
    expect((await mailsTo(database, email)).map(({ kind }) => kind)).toEqual(["security_changed", "security_changed"]);
    await expect(inTx(database.orm, (tx) => newRecoveryCodes(tx, { userId, actor: OPERATOR }))).rejects.toMatchObject({ code: "conflict" });
  });

  test("new recovery codes make the former ones worthless", async () => {
    const { userId, username, recoveryCodes } = await guarded();
    const renewed = await inTx(database.orm, (tx) => newRecoveryCodes(tx, { userId, actor: OPERATOR }));
    const ticket = await ticketOf(username, start);
    expect(await finish(ticket, recoveryCodes[0] ?? "", start)).toEqual({ kind: "wrong_code" });
    expect(await finish(ticket, renewed[0] ?? "", start)).toMatchObject({ kind: "signed_in" });
  });
});

test("asking once more takes the password, and a code where a second factor is on", async () => {
  const { userId, secret } = await guarded();
  const at = later(4);
  const limiter = new ActLimiter();
  const ask = (password: string, code: string | null) =>
    reauthenticate({ orm: database.orm, clock: { now: () => at }, sealer, limiter }, { userId, password, code });
  expect(await ask("wrong", null)).toEqual({ kind: "wrong_password" });
  expect(await ask(PASSWORD, null)).toEqual({ kind: "code_missing" });
  expect(await ask(PASSWORD, "123456")).toEqual({ kind: "wrong_code" });
  expect(await ask(PASSWORD, codeAt(secret, at))).toEqual({ kind: "right" });
  expect(await ask(PASSWORD, codeAt(secret, at))).toEqual({ kind: "wrong_code" });
  for (let i = 0; i < 9; i += 1) expect(await ask("wrong", null)).toEqual({ kind: "wrong_password" });
  expect(await ask(PASSWORD, codeAt(secret, at))).toMatchObject({ kind: "too_many_tries" });
});

test("changing the password takes the current one as often as elsewhere, and a code where a second factor is on", async () => {
  const { userId, username, secret } = await guarded();
  const at = later(4);
  const parts = { orm: database.orm, clock: { now: () => at }, sealer, limiter: new ActLimiter() };
  const entered = await finish(await ticketOf(username, later(2)), codeAt(secret, later(2)), later(2));
  if (entered.kind !== "signed_in") throw new Error(entered.kind);
  const signedIn = await readSession(database.orm, { sessionId: entered.session.id, now: at });
  const change = (currentPassword: string, code: string | null) =>
    changePassword(parts, { signedIn: signedIn!, currentPassword, code, newPassword: "quite another password", address: null });
  expect(await change("wrong", null)).toEqual({ kind: "wrong_password" });
  expect(await change(PASSWORD, null)).toEqual({ kind: "code_missing" });
  expect(await change(PASSWORD, "000000")).toEqual({ kind: "wrong_code" });
  for (let i = 0; i < 9; i += 1) expect(await change("wrong", null)).toEqual({ kind: "wrong_password" });
  expect(await change(PASSWORD, codeAt(secret, at))).toMatchObject({ kind: "too_many_tries" });
  await parts.limiter.clear("password", { address: null, subject: userId });
  expect(await change(PASSWORD, codeAt(secret, at))).toEqual({ kind: "changed" });
});

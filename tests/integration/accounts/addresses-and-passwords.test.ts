import { eq } from "drizzle-orm";
import { Secret, TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Orm } from "@/db/client";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { hashPassword, verifyPassword } from "@/lib/crypto/password";
import { claimMail, markMailFailed, markMailSent } from "@/lib/mail/outbox";
import { listMails } from "@/lib/mail/read";
import type { Clock } from "@/lib/time/clock";
import { ActLimiter } from "@/lib/users/act-limiter";
import { changePassword } from "@/lib/users/change-password";
import { confirmEmailChange } from "@/lib/users/confirm-email-change";
import { confirmTotp } from "@/lib/users/confirm-totp";
import { findUserById } from "@/lib/users/find-user";
import { issueOneTimePassword } from "@/lib/users/issue-one-time-password";
import { listSessions } from "@/lib/users/list-sessions";
import { openLink } from "@/lib/users/mail-links";
import { readSecurity } from "@/lib/users/read-security";
import { requestEmailChange } from "@/lib/users/request-email-change";
import { requestPasswordReset } from "@/lib/users/request-password-reset";
import { resetPassword } from "@/lib/users/reset-password";
import { revokeOneSession, revokeOtherSessions } from "@/lib/users/revoke-sessions";
import { openSession, readSession, revokeAllSessions } from "@/lib/users/sessions";
import { startTotp } from "@/lib/users/start-totp";
import { OPERATOR, OPERATOR_VIEWER, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { eventually } from "@/tests/factories/eventually";
import { gate } from "@/tests/factories/gate";
import { someoneWaits } from "@/tests/factories/someone-waits";
import { lastSecret, mailsTo, newName, TEST_SEALER } from "@/tests/factories/newcomer";

const now = new Date("2026-11-21T12:00:00Z");
const clock: Clock = { now: () => now };
const inAnHour = new Date("2026-11-21T13:00:00Z");

let database: TestDatabase;
let other: ReturnType<TestDatabase["connect"]>;
let oldHash: string;
let newHash: string;
beforeAll(async () => {
  database = await testDatabase();
  other = database.connect();
  [oldHash, newHash] = await Promise.all([hashPassword("the old password"), hashPassword("the new password")]);
});
afterAll(() => database.close());

async function person() {
  const { userId } = await testCustomer(database.orm, { passwordHash: oldHash });
  const { email } = newName();
  await database.orm.update(users).set({ email }).where(eq(users.id, userId));
  return { userId, email };
}

const parts = () => ({ orm: database.orm, clock, sealer: TEST_SEALER, limiter: new ActLimiter() });

async function session(userId: string): Promise<string> {
  const [user] = await database.orm.select().from(users).where(eq(users.id, userId));
  const input = { userId, sessionVersion: user?.sessionVersion ?? 0, mustChangePassword: false, oneTimeHash: null };
  return (await withTransaction(database.orm, (tx) => openSession(tx, { ...input, address: "203.0.113.7", userAgent: "a test", now }))).id;
}

async function eventsTold(email: string): Promise<string[]> {
  const rows = await database.sql<{ event: string }[]>`
    select payload ->> 'event' as event from outbox where recipient = ${email} and kind = 'security_changed' order by created_at, id`;
  return rows.map(({ event }) => event);
}

const isOpen = async (sessionId: string) => (await readSession(database.orm, { sessionId, now })) !== null;

describe("a password reset", () => {
  const ask = (email: string) => requestPasswordReset(parts(), { email, address: null });
  const reset = (secret: string, options: { at?: Date; orm?: Orm } = {}) =>
    withTransaction(options.orm ?? database.orm, (tx) =>
      resetPassword(tx, { secret, passwordHash: newHash, now: options.at ?? now, address: null }),
    );

  test("sets the password, ends every session, proves the address and tells the user", async () => {
    const { userId, email } = await person();
    const open = await session(userId);
    await ask(email.toUpperCase());
    expect(await isOpen(open)).toBe(true);
    expect(await reset(await lastSecret(database, email))).toEqual({ kind: "reset", userId });
    expect(await isOpen(open)).toBe(false);
    const user = await findUserById(database.orm, userId);
    expect(await verifyPassword(user?.passwordHash ?? null, "the new password")).toBe(true);
    expect(user?.emailVerifiedAt).toEqual(now);
    expect((await mailsTo(database, email)).map(({ kind }) => kind)).toEqual(["reset_password", "security_changed"]);
  });

  test("works once, of two at the same moment, and makes the other links void", async () => {
    const { email } = await person();
    await ask(email);
    const first = await lastSecret(database, email);
    await ask(email);
    const second = await lastSecret(database, email);
    const results = await Promise.all([reset(first), reset(first, { orm: other.orm })]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["dead_link", "reset"]);
    expect(await reset(second)).toEqual({ kind: "dead_link" });
  });

  test("is over after an hour, and its link is good for nothing else", async () => {
    const { email } = await person();
    await ask(email);
    const secret = await lastSecret(database, email);
    expect(await reset(secret, { at: inAnHour })).toEqual({ kind: "dead_link" });
    expect(await withTransaction(database.orm, (tx) => confirmEmailChange(tx, { secret, now, address: null }))).toEqual({
      kind: "dead_link",
    });
  });

  test("counts only while the mailbox that it went to is the account's", async () => {
    const { userId, email } = await person();
    await ask(email);
    // However the link outlived the change.
    await database.orm.update(users).set({ email: newName().email }).where(eq(users.id, userId));
    expect(await reset(await lastSecret(database, email))).toEqual({ kind: "dead_link" });
    expect((await findUserById(database.orm, userId))?.passwordHash).toBe(oldHash);
  });

  test("that is asked for at the old address while it changes makes no link", async () => {
    const { userId, email } = await person();
    const next = newName().email;
    await requestEmailChange(parts(), { userId, newEmail: next, address: null });
    const secret = await lastSecret(database, next);
    const door = gate();
    const change = withTransaction(other.orm, async (tx) => {
      await confirmEmailChange(tx, { secret, now, address: null });
      await door.pass();
    });
    await door.begun;
    const asked = ask(email);
    await Promise.race([asked, eventually(() => someoneWaits(database))]);
    door.open();
    await Promise.all([change, asked]);
    expect(await mailsTo(database, email)).toContainEqual({ kind: "no_such_account", secret: null });
    expect(await database.sql`select 1 from mail_links where user_id = ${userId} and kind = 'reset_password'`).toEqual([]);
  });
});

describe("a change of address", () => {
  const ask = (userId: string, newEmail: string) => requestEmailChange(parts(), { userId, newEmail, address: null });
  const confirm = (secret: string, orm: Orm = database.orm) =>
    withTransaction(orm, (tx) => confirmEmailChange(tx, { secret, now, address: null }));

  test("happens when the new address has answered, and the old one is told before and after", async () => {
    const { userId, email } = await person();
    const next = newName().email;
    expect(await ask(userId, next)).toEqual({ kind: "mailed" });
    expect(await eventsTold(email)).toEqual(["email_change_asked"]);
    expect(await readSecurity(database.orm, OPERATOR_VIEWER, { userId, now })).toMatchObject({ email, newEmail: next });
    expect(await confirm(await lastSecret(database, next))).toEqual({ kind: "changed", userId, email: next });
    expect(await readSecurity(database.orm, OPERATOR_VIEWER, { userId, now })).toMatchObject({ email: next, newEmail: null });
    expect(await eventsTold(email)).toEqual(["email_change_asked", "email_changed"]);
  });

  test("is asked for four times an hour by one user, however many addresses it goes to", async () => {
    const { userId, email } = await person();
    const limited = parts();
    const answers = [];
    for (let i = 0; i < 6; i += 1)
      answers.push((await requestEmailChange(limited, { userId, newEmail: newName().email, address: null })).kind);
    expect(answers.filter((kind) => kind === "mailed")).toHaveLength(4);
    expect(await eventsTold(email)).toHaveLength(4);
  });

  const secured: Record<string, (user: { userId: string; email: string }) => Promise<unknown>> = {
    "sets a new password by mail": async ({ email }) => {
      await requestPasswordReset(parts(), { email, address: null });
      const secret = await lastSecret(database, email);
      return withTransaction(database.orm, (tx) => resetPassword(tx, { secret, passwordHash: newHash, now, address: null }));
    },
    "changes the password": async ({ userId }) => {
      const signedIn = await readSession(database.orm, { sessionId: await session(userId), now });
      const passwords = { currentPassword: "the old password", code: null, newPassword: "the new password" };
      return changePassword(parts(), { signedIn: signedIn!, ...passwords, address: null });
    },
    "signs out everywhere": ({ userId }) => withTransaction(database.orm, (tx) => revokeAllSessions(tx, { userId, now })),
    "signs out everywhere else": ({ userId }) =>
      withTransaction(database.orm, (tx) => revokeOtherSessions(tx, { userId, keep: "ses_x", now })),
    "gets a one-time password": ({ userId }) =>
      withTransaction(database.orm, (tx) => issueOneTimePassword(tx, { userId, passwordHash: newHash, actor: OPERATOR, now })),
    "turns two-factor sign-in on": async ({ userId }) => {
      const { secret } = await withTransaction(database.orm, (tx) =>
        startTotp(tx, { userId, sealer: TEST_SEALER, brandName: "Acme", now }),
      );
      const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now.getTime() });
      return withTransaction(database.orm, (tx) => confirmTotp(tx, { userId, code, sealer: TEST_SEALER, actor: OPERATOR, now }));
    },
  };
  test.each(Object.entries(secured))("that somebody began before the owner %s is over, and so is a reset", async (_what, secure) => {
    const user = await person();
    const { email: next } = newName();
    await requestPasswordReset(parts(), { email: user.email, address: null });
    const reset = await lastSecret(database, user.email);
    await ask(user.userId, next);
    const change = await lastSecret(database, next);
    await secure(user);
    expect(await confirm(change)).toEqual({ kind: "dead_link" });
    const late = withTransaction(database.orm, (tx) => resetPassword(tx, { secret: reset, passwordHash: oldHash, now, address: null }));
    expect(await late).toEqual({ kind: "dead_link" });
    expect(await findUserById(database.orm, user.userId)).toMatchObject({ email: user.email });
  });

  test("and a new password at the same moment never wait for each other", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { userId } = await person();
      const { email: next } = newName();
      await ask(userId, next);
      const secret = await lastSecret(database, next);
      const both = Promise.all([
        confirm(secret, other.orm),
        withTransaction(database.orm, (tx) => issueOneTimePassword(tx, { userId, passwordHash: newHash, actor: OPERATOR, now })),
      ]);
      expect(["changed", "dead_link"]).toContain((await both)[0].kind);
    }
  });

  test("takes away what was mailed to the old address", async () => {
    const { userId, email } = await person();
    await requestPasswordReset(parts(), { email, address: null });
    const reset = await lastSecret(database, email);
    const next = newName().email;
    await ask(userId, next);
    await confirm(await lastSecret(database, next));
    const late = withTransaction(database.orm, (tx) => resetPassword(tx, { secret: reset, passwordHash: newHash, now, address: null }));
    expect(await late).toEqual({ kind: "dead_link" });
  });

  test("to an address that somebody has answers the same, and only its owner is told", async () => {
    const [me, owner] = [await person(), await person()];
    expect(await ask(me.userId, owner.email.toUpperCase())).toEqual({ kind: "mailed" });
    expect(await mailsTo(database, owner.email)).toEqual([{ kind: "address_taken", secret: null }]);
    expect(await ask(me.userId, me.email.toUpperCase())).toEqual({ kind: "same" });
  });

  test("of two users to one address at the same moment gives it to one", async () => {
    const [one, two] = [await person(), await person()];
    const { email } = newName();
    await ask(one.userId, email);
    const first = await lastSecret(database, email);
    await ask(two.userId, email);
    const second = await lastSecret(database, email);
    const results = await Promise.all([confirm(first), confirm(second, other.orm)]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["address_taken", "changed"]);
  });

  test("that is asked for again makes the former link void", async () => {
    const { userId } = await person();
    const [first, second] = [newName().email, newName().email];
    await ask(userId, first);
    await ask(userId, second);
    expect(await confirm(await lastSecret(database, first))).toEqual({ kind: "dead_link" });
    expect(await confirm(await lastSecret(database, second))).toMatchObject({ kind: "changed" });
  });
});

describe("the list of sessions", () => {
  test("shows those that are open, marks the own one, and ends one or all others", async () => {
    const { userId } = await person();
    const [mine, second, third] = [await session(userId), await session(userId), await session(userId)];
    const viewer = { userId, username: "me", role: "customer", via: { kind: "session", sessionId: mine } } as const;
    const list = async () =>
      (await listSessions(database.orm, viewer, { userId, now })).map(({ id, isThis }) => `${id} ${isThis}`).toSorted();
    expect(await list()).toEqual([`${mine} true`, `${second} false`, `${third} false`].toSorted());
    await withTransaction(database.orm, (tx) => revokeOneSession(tx, { userId, sessionId: second, now }));
    expect(await isOpen(second)).toBe(false);
    expect(await withTransaction(database.orm, (tx) => revokeOtherSessions(tx, { userId, keep: mine, now }))).toBe(1);
    expect(await list()).toEqual([`${mine} true`]);
    expect(await isOpen(mine)).toBe(true);
  });

  test("of somebody else does not exist", async () => {
    const [me, stranger] = [await person(), await person()];
    const sessionId = await session(stranger.userId);
    const viewer = { userId: me.userId, username: "me", role: "customer", via: { kind: "session", sessionId: "ses_x" } } as const;
    await expect(listSessions(database.orm, viewer, { userId: stranger.userId, now })).rejects.toMatchObject({ code: "not_found" });
    const revoke = withTransaction(database.orm, (tx) => revokeOneSession(tx, { userId: me.userId, sessionId, now }));
    await expect(revoke).rejects.toMatchObject({ code: "not_found" });
    expect(await isOpen(sessionId)).toBe(true);
  });
});

describe("the secret of a mailed link", () => {
  const shown = async (email: string, handsOver: boolean) => {
    const mails = await listMails(database.orm, OPERATOR_VIEWER, {
      brandName: "Acme",
      publicUrl: "https://gateway.example",
      only: null,
      openLink: handsOver ? (link) => openLink(TEST_SEALER, link) : undefined,
    });
    return mails.find((mail) => mail.recipient === email)?.text ?? "";
  };

  test("is shown to the operator only where nobody can send mail", async () => {
    const { email } = await person();
    await requestPasswordReset(parts(), { email, address: null });
    const secret = await lastSecret(database, email);
    expect(await shown(email, false)).toContain("/reset-password/…");
    expect(await shown(email, true)).toContain(`/reset-password/${secret}`);
  });

  test.each(["sent", "given up"] as const)("is wiped when its mail was %s", async (end) => {
    await database.sql`delete from outbox`;
    const { email } = await person();
    await requestPasswordReset(parts(), { email, address: null });
    const mail = await claimMail(database.sql);
    if (end === "sent") await markMailSent(database.sql, mail?.id ?? "");
    else await markMailFailed(database.sql, { id: mail?.id ?? "", tries: 1, isFinal: true, error: "550" });
    expect(await mailsTo(database, email)).toEqual([{ kind: "reset_password", secret: null }]);
    expect(await shown(email, true)).toContain("/reset-password/…");
  });
});

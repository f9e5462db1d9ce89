import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessions, users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { hashPassword } from "@/lib/crypto/password";
import { throughPasswordGate } from "@/lib/crypto/password-gate";
import type { Clock } from "@/lib/time/clock";
import { ActLimiter } from "@/lib/users/act-limiter";
import { changePassword } from "@/lib/users/change-password";
import { issueOneTimePassword } from "@/lib/users/issue-one-time-password";
import { readSession, revokeAllSessions, revokeSession, SESSION_LIFETIME_S, type SignedIn } from "@/lib/users/sessions";
import { signIn, type SignInResult } from "@/lib/users/sign-in";
import { SignInLimiter } from "@/lib/users/sign-in-limiter";
import { OPERATOR, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { TEST_SEALER } from "@/tests/factories/newcomer";

const PASSWORD = "correct horse battery";
const NEW_PASSWORD = "quite another password";
const now = new Date("2026-11-20T12:00:00Z");
const clock: Clock = { now: () => now };

let db: TestDatabase;
let passwordHash: string;
beforeAll(async () => {
  db = await testDatabase();
  passwordHash = await hashPassword(PASSWORD);
});
afterAll(() => db.close());

function person() {
  return testCustomer(db.orm, { passwordHash });
}

function enter(name: string, password: string, limiter = new SignInLimiter(), address: string | null = null): Promise<SignInResult> {
  return signIn({ orm: db.orm, clock, limiter, ticketSecret: "a secret for tests" }, { name, password, address, userAgent: "a test" });
}

async function sessionOf(name: string, password: string): Promise<SignedIn> {
  const result = await enter(name, password);
  if (result.kind !== "signed_in") throw new Error(result.kind);
  const session = await look(result.session.id);
  if (!session) throw new Error("no session");
  return session;
}

function parts() {
  return { orm: db.orm, clock, sealer: TEST_SEALER, limiter: new ActLimiter() };
}

/** Every place at the gate is taken, and every place in its line. */
async function whileGateIsFull(act: () => Promise<void>): Promise<void> {
  let release = () => {};
  const released = new Promise<void>((fulfil) => (release = fulfil));
  const full = Array.from({ length: 22 }, () => throughPasswordGate(() => released));
  await act().finally(release);
  await Promise.all(full);
}

function look(sessionId: string, at = now) {
  return readSession(db.orm, { sessionId, now: at });
}

describe("signing in", () => {
  test("works by username in any case of letters, and by e-mail", async () => {
    const { userId, username } = await person();
    await db.orm
      .update(users)
      .set({ email: `${username}@example.com` })
      .where(eq(users.id, userId));
    expect(await enter(username.toUpperCase(), PASSWORD)).toMatchObject({ kind: "signed_in" });
    expect(await enter(` ${username}@Example.com `, PASSWORD)).toMatchObject({ kind: "signed_in" });
  });

  test("is refused alike for a wrong password and an unknown name", async () => {
    const { username } = await person();
    expect(await enter(username, "wrong")).toEqual({ kind: "refused" });
    expect(await enter("nobody-of-that-name", "wrong")).toEqual({ kind: "refused" });
  });

  test.each(["unverified", "pending", "rejected", "suspended"] as const)(
    "of a user who is %s says so to every session, open or new",
    async (status) => {
      const { userId, username } = await person();
      const session = await sessionOf(username, PASSWORD);
      await db.orm.update(users).set({ status }).where(eq(users.id, userId));
      expect(await look(session.sessionId)).toMatchObject({ status });
      expect(await sessionOf(username, PASSWORD)).toMatchObject({ status });
    },
  );

  test("is over for a deleted user, whose open sessions end too", async () => {
    const { userId, username } = await person();
    const session = await sessionOf(username, PASSWORD);
    await db.orm.update(users).set({ status: "deleted", passwordHash: null, deletedAt: now }).where(eq(users.id, userId));
    expect(await enter(username, PASSWORD)).toEqual({ kind: "refused" });
    expect(await look(session.sessionId)).toBeNull();
  });

  test("stops after ten wrong tries in a quarter of an hour, even for the right password, and right ones do not count", async () => {
    const { username } = await person();
    const limiter = new SignInLimiter();
    for (let i = 0; i < 12; i += 1) expect(await enter(username, PASSWORD, limiter)).toMatchObject({ kind: "signed_in" });
    const wrong = await Promise.all(Array.from({ length: 30 }, () => enter(username, "wrong", limiter)));
    expect(wrong.filter(({ kind }) => kind === "refused")).toHaveLength(10);
    expect(await enter(username, PASSWORD, limiter)).toMatchObject({ kind: "too_many_tries", retryAfterS: expect.any(Number) });
  });

  test("strangers who use up the tries of a name lock out nobody who signed in to it from where they are", async () => {
    const { username } = await person();
    const limiter = new SignInLimiter();
    expect(await enter(username, PASSWORD, limiter, "2001:db8:7:7::1")).toMatchObject({ kind: "signed_in" });
    for (let i = 0; i < 120; i += 1) await limiter.count({ name: username, address: `198.51.100.${i}` }, async () => false);
    expect(await enter(username, PASSWORD, limiter, "203.0.113.1")).toMatchObject({ kind: "too_many_tries" });
    expect(await enter(username, PASSWORD, limiter, "2001:db8:7:7:abcd::2")).toMatchObject({ kind: "signed_in" });
  });

  test("does not compute more passwords than fit the queue, and says so to the rest", async () => {
    const { username } = await person();
    await whileGateIsFull(async () => {
      expect(await enter(username, PASSWORD)).toEqual({ kind: "too_many_tries", retryAfterS: 5 });
    });
    expect(await enter(username, PASSWORD)).toMatchObject({ kind: "signed_in" });
  });

  test("does not count a try that found the queue full, nor forget those before it", async () => {
    const { username } = await person();
    const limiter = new SignInLimiter();
    for (let i = 0; i < 8; i += 1) expect(await enter(username, "wrong", limiter)).toEqual({ kind: "refused" });
    await whileGateIsFull(async () => {
      for (let i = 0; i < 5; i += 1) expect(await enter(username, PASSWORD, limiter)).toEqual({ kind: "too_many_tries", retryAfterS: 5 });
    });
    for (let i = 0; i < 2; i += 1) expect(await enter(username, "wrong", limiter)).toEqual({ kind: "refused" });
    expect(await enter(username, PASSWORD, limiter)).toMatchObject({ kind: "too_many_tries" });
  });

  test("knows a name in one spelling only: letters that the database folds to others give no further tries", async () => {
    const username = `kiwi-${randomUUID().slice(0, 8)}`;
    await testCustomer(db.orm, { username, passwordHash });
    for (const spelling of [username.replace("i", "\u0130"), username.replace("k", "\u212A")]) {
      expect(await enter(spelling, PASSWORD), spelling).toEqual({ kind: "refused" });
    }
  });
});

describe("a one-time password", () => {
  async function newcomer() {
    const made = await person();
    await withTransaction(db.orm, (tx) => issueOneTimePassword(tx, { userId: made.userId, passwordHash, actor: OPERATOR, now }));
    return made;
  }

  test("opens one session, of two that try at once, and that one may only change the password", async () => {
    const { userId, username } = await newcomer();
    const results = await Promise.all([enter(username, PASSWORD), enter(username, PASSWORD)]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["refused", "signed_in"]);
    expect(await db.orm.select().from(sessions).where(eq(sessions.userId, userId))).toMatchObject([{ mustChangePassword: true }]);
    expect(await enter(username, PASSWORD)).toEqual({ kind: "refused" });
  });

  test("is followed by a password of the user's own, which opens everything", async () => {
    const { username } = await newcomer();
    const signedIn = await sessionOf(username, PASSWORD);
    expect(signedIn.mustChangePassword).toBe(true);
    const changed = await changePassword(parts(), { signedIn, currentPassword: "", code: null, newPassword: NEW_PASSWORD, address: null });
    expect(changed).toEqual({ kind: "changed" });
    expect(await look(signedIn.sessionId)).toMatchObject({ mustChangePassword: false });
    expect(await sessionOf(username, NEW_PASSWORD)).toMatchObject({ mustChangePassword: false });
  });

  test("cannot be chosen as the password to stay, and is kept by nobody once another is chosen", async () => {
    const { userId, username } = await newcomer();
    const signedIn = await sessionOf(username, PASSWORD);
    const change = { signedIn, currentPassword: "", code: null, address: null };
    expect(await changePassword(parts(), { ...change, newPassword: PASSWORD })).toEqual({ kind: "same_as_one_time" });
    expect(await look(signedIn.sessionId)).toMatchObject({ mustChangePassword: true });
    expect(await changePassword(parts(), { ...change, newPassword: NEW_PASSWORD })).toEqual({ kind: "changed" });
    expect(await db.orm.select().from(sessions).where(eq(sessions.userId, userId))).toMatchObject([{ oneTimeHash: null }]);
  });

  test("that was replaced meanwhile takes the change of password away from the session of the old one", async () => {
    const { userId, username } = await newcomer();
    const signedIn = await sessionOf(username, PASSWORD);
    await withTransaction(db.orm, (tx) => issueOneTimePassword(tx, { userId, passwordHash, actor: OPERATOR, now }));
    expect(await look(signedIn.sessionId)).toBeNull();
    const late = await changePassword(parts(), { signedIn, currentPassword: "", code: null, newPassword: NEW_PASSWORD, address: null });
    expect(late).toEqual({ kind: "overtaken" });
  });
});

describe("changing the password", () => {
  test("asks for the current one, and ends every other session but not this one, one check at a time", async () => {
    const { username } = await person();
    const [here, there] = [await sessionOf(username, PASSWORD), await sessionOf(username, PASSWORD)];
    const one = parts();
    const change = { signedIn: here, code: null, newPassword: NEW_PASSWORD, address: null };
    expect(await changePassword(parts(), { ...change, currentPassword: "wrong" })).toEqual({ kind: "wrong_password" });
    expect(await changePassword(parts(), { ...change, currentPassword: PASSWORD, newPassword: PASSWORD })).toEqual({
      kind: "same_as_current",
    });
    expect(await changePassword(parts(), { ...change, currentPassword: PASSWORD, newPassword: username.toUpperCase() })).toEqual({
      kind: "same_as_username",
    });
    const both = await Promise.allSettled(["wrong", "wrong"].map((currentPassword) => changePassword(one, { ...change, currentPassword })));
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await changePassword(one, { ...change, currentPassword: PASSWORD })).toEqual({ kind: "changed" });
    expect(await look(here.sessionId)).not.toBeNull();
    expect(await look(there.sessionId)).toBeNull();
    expect(await enter(username, PASSWORD)).toEqual({ kind: "refused" });
  });
});

describe("a session", () => {
  test("ends when it is revoked, when it is old, and when all sessions end", async () => {
    const { userId, username } = await person();
    const [revoked, kept] = [await sessionOf(username, PASSWORD), await sessionOf(username, PASSWORD)];
    await withTransaction(db.orm, (tx) => revokeSession(tx, { sessionId: revoked.sessionId, now }));
    expect(await look(revoked.sessionId)).toBeNull();
    expect(await look(kept.sessionId, new Date(now.getTime() + SESSION_LIFETIME_S * 1000))).toBeNull();
    expect(await look(kept.sessionId)).not.toBeNull();
    await withTransaction(db.orm, (tx) => revokeAllSessions(tx, { userId, now }));
    expect(await look(kept.sessionId)).toBeNull();
  });

  test("notes when it was last seen, at most once a minute", async () => {
    const { username } = await person();
    const { sessionId } = await sessionOf(username, PASSWORD);
    const lastSeen = async () => (await db.orm.select().from(sessions).where(eq(sessions.id, sessionId)))[0]?.lastSeenAt;
    await look(sessionId, new Date(now.getTime() + 30_000));
    expect(await lastSeen()).toEqual(now);
    const later = new Date(now.getTime() + 90_000);
    await look(sessionId, later);
    expect(await lastSeen()).toEqual(later);
  });
});

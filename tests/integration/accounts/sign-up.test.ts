import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Orm } from "@/db/client";
import { auditLog } from "@/db/schema/operations";
import { sessions, users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { listLanes } from "@/lib/lanes/read";
import { listMails } from "@/lib/mail/read";
import type { Clock } from "@/lib/time/clock";
import { ActLimiter } from "@/lib/users/act-limiter";
import { findUser } from "@/lib/users/find-user";
import { LINK_HOURS } from "@/lib/users/mail-links";
import { listSignUps } from "@/lib/users/read-sign-ups";
import { requestPasswordReset } from "@/lib/users/request-password-reset";
import { resendVerification } from "@/lib/users/resend-verification";
import { reviewSignUp } from "@/lib/users/review-sign-up";
import { readSession } from "@/lib/users/sessions";
import { verifyEmail } from "@/lib/users/verify-email";
import { readWallet } from "@/lib/wallet/read";
import { OPERATOR, OPERATOR_VIEWER, testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { lastSecret, mailsTo, newName, signUpAs, TEST_SEALER } from "@/tests/factories/newcomer";

const now = new Date("2026-11-21T12:00:00Z");
const clock: Clock = { now: () => now };
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let other: ReturnType<TestDatabase["connect"]>;
beforeAll(async () => {
  database = await testDatabase();
  other = database.connect();
});
afterAll(() => database.close());

type Name = { username: string; email: string };

const verify = (secret: string, options: { at?: Date; signUp?: "open" | "review"; orm?: Orm } = {}) =>
  withTransaction(options.orm ?? database.orm, (tx) =>
    verifyEmail(tx, { secret, now: options.at ?? now, signUp: options.signUp ?? "open", address: null }),
  );

async function newcomer(name: Name = newName()) {
  const made = await signUpAs(database, clock, name);
  if (made.kind !== "signed_up") throw new Error(made.kind);
  return { ...name, userId: made.session.userId, sessionId: made.session.id };
}

async function confirmed(signUp: "open" | "review" = "open") {
  const made = await newcomer();
  await verify(await lastSecret(database, made.email), { signUp });
  return made;
}

async function userOf(userId: string) {
  const [user] = await database.orm.select().from(users).where(eq(users.id, userId));
  return user;
}

describe("signing up", () => {
  test("makes an unverified user without address and lane, whose session says so, and mails a link", async () => {
    const { userId, sessionId, email, username } = await newcomer();
    expect(await userOf(userId)).toMatchObject({
      status: "unverified",
      username,
      email: null,
      termsVersion: "2026-11-21",
      termsAcceptedAt: now,
    });
    expect(await readSession(database.orm, { sessionId, now })).toMatchObject({ status: "unverified" });
    expect(await listLanes(database.orm, OPERATOR_VIEWER, { userId })).toEqual([]);
    expect(await mailsTo(database, email)).toMatchObject([
      { kind: "verify_email", secret: expect.stringMatching(/^[\w-]{43}$/) as string },
    ]);
  });

  test("sends no word that a newcomer chose to an address that need not be theirs", async () => {
    const username = `free-credits-${newName().username}.example.com`;
    const { email } = newName();
    await signUpAs(database, clock, { username, email });
    const mails = await listMails(database.orm, OPERATOR_VIEWER, { brandName: "Acme", publicUrl: "https://gateway.example", only: null });
    const mail = mails.find(({ recipient }) => recipient === email);
    expect(mail?.text).toContain("/verify/");
    expect(JSON.stringify(mail)).not.toContain("free-credits");
  });

  test("keeps the link's secret in no clear form", async () => {
    const { email } = await newcomer();
    const secret = await lastSecret(database, email);
    const rows =
      await database.sql`select row_to_json(o)::text as text from outbox o union all select row_to_json(l)::text from mail_links l`;
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  test("of one name at the same moment makes one user", async () => {
    const name = newName();
    const results = await Promise.all([
      signUpAs(database, clock, name),
      signUpAs(other, clock, { ...name, username: name.username.toUpperCase(), email: `other-${name.email}` }),
    ]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["signed_up", "username_taken"]);
  });

  test("refuses a name that is none", async () => {
    await expect(signUpAs(database, clock, { ...newName(), username: "a b" })).rejects.toMatchObject({
      code: "request_invalid",
      param: "username",
    });
  });

  test("stops when a mailbox has had its mails, across the forms that send to it, but for links to a new password", async () => {
    const limiter = new ActLimiter();
    const { email } = newName();
    const attempt = () => signUpAs(database, clock, { username: newName().username, email }, limiter);
    expect(await attempt()).toMatchObject({ kind: "signed_up" });
    const parts = { orm: database.orm, clock, sealer: TEST_SEALER, limiter };
    const { userId } = await newcomer();
    expect(await resendVerification(parts, { userId, otherEmail: email, address: null })).toMatchObject({ kind: "sent" });
    expect(await attempt()).toMatchObject({ kind: "signed_up" });
    expect(await attempt()).toMatchObject({ kind: "signed_up" });
    expect(await attempt()).toMatchObject({ kind: "too_many_tries", retryAfterS: expect.any(Number) as number });
    expect(await resendVerification(parts, { userId, otherEmail: email, address: null })).toMatchObject({ kind: "too_many_tries" });
    expect(await requestPasswordReset(parts, { email, address: null })).toEqual({ kind: "mailed" });
    expect(await mailsTo(database, email)).toHaveLength(5);
  });
});

describe("an address that somebody has", () => {
  test("answers a sign-up as a free one does, with the same statements in the same order, and only its owner is told", async () => {
    const owner = await confirmed();
    const queries: string[] = [];
    const client = postgres(database.url, { max: 1, fetch_types: false, onnotice: () => {} });
    const spied = drizzle(client, { logger: { logQuery: (query) => void queries.push(query) } }) as unknown as Orm;
    const statementsOf = async (email: string) => {
      queries.length = 0;
      const result = await signUpAs({ orm: spied }, clock, { username: newName().username, email });
      expect(result).toMatchObject({ kind: "signed_up", session: { mustChangePassword: false } });
      return queries.slice();
    };
    const free = await statementsOf(newName().email);
    expect(free.length).toBeGreaterThan(5);
    expect(await statementsOf(owner.email.toUpperCase())).toEqual(free);
    await client.end();
    expect((await mailsTo(database, owner.email)).at(-1)).toEqual({ kind: "address_taken", secret: null });
    expect(await findUser(database.orm, owner.email)).toMatchObject({ id: owner.userId });
  });

  test("can be corrected by whoever mistyped it, who then gets in", async () => {
    const owner = await confirmed();
    const { userId } = await newcomer({ username: newName().username, email: owner.email });
    const right = newName().email;
    const parts = { orm: database.orm, clock, sealer: TEST_SEALER, limiter: new ActLimiter() };
    expect(await resendVerification(parts, { userId, otherEmail: right, address: null })).toEqual({ kind: "sent", email: right });
    expect(await verify(await lastSecret(database, right))).toEqual({ kind: "verified", userId, status: "active" });
    expect(await userOf(userId)).toMatchObject({ email: right });
  });

  test("belongs to the first who proves it, of two at the same moment", async () => {
    const { email } = newName();
    const first = await newcomer({ username: newName().username, email });
    const firstSecret = await lastSecret(database, email);
    const second = await newcomer({ username: newName().username, email: email.toUpperCase() });
    const secondSecret = await lastSecret(database, email);
    const results = await Promise.all([verify(firstSecret), verify(secondSecret, { orm: other.orm })]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["address_taken", "verified"]);
    const active = await database.sql`select id from users where id in (${first.userId}, ${second.userId}) and status = 'active'`;
    expect(active).toHaveLength(1);
  });

  test("answers a reset as an unknown one does, with the same statements in the same order", async () => {
    const owner = await confirmed();
    const queries: string[] = [];
    const client = postgres(database.url, { max: 1, fetch_types: false, onnotice: () => {} });
    const spied = drizzle(client, { logger: { logQuery: (query) => void queries.push(query) } }) as unknown as Orm;
    const statementsOf = async (email: string) => {
      queries.length = 0;
      const result = await requestPasswordReset(
        { orm: spied, clock, sealer: TEST_SEALER, limiter: new ActLimiter() },
        { email, address: null },
      );
      expect(result).toEqual({ kind: "mailed" });
      return queries.slice();
    };
    const stranger = newName().email;
    const unknown = await statementsOf(stranger);
    expect(unknown.length).toBeGreaterThan(1);
    expect(await statementsOf(owner.email)).toEqual(unknown);
    await client.end();
    expect(await mailsTo(database, stranger)).toEqual([{ kind: "no_such_account", secret: null }]);
    expect((await mailsTo(database, owner.email)).at(-1)?.kind).toBe("reset_password");
  });
});

describe("confirming an address", () => {
  test("lets in at once where sign-up is open: wallet lane, empty wallet, no key, and the address is the user's", async () => {
    const { userId, email } = await confirmed();
    expect(await userOf(userId)).toMatchObject({ status: "active", email, emailVerifiedAt: now });
    expect(await listLanes(database.orm, OPERATOR_VIEWER, { userId })).toMatchObject([{ kind: "wallet", position: 1 }]);
    expect(await readWallet(database.orm, OPERATOR_VIEWER, { userId })).toEqual({ availableUsd: "0.000000", heldUsd: "0.000000" });
    expect(await database.sql`select id from api_keys where user_id = ${userId}`).toEqual([]);
  });

  test("works once, of two who press the button at the same moment", async () => {
    const { email, userId } = await newcomer();
    const secret = await lastSecret(database, email);
    const results = await Promise.all([verify(secret), verify(secret, { orm: other.orm })]);
    expect(results.map(({ kind }) => kind).toSorted()).toEqual(["dead_link", "verified"]);
    expect(await listLanes(database.orm, OPERATOR_VIEWER, { userId })).toHaveLength(1);
  });

  test("is over after a day, and for a link that was made up or replaced by a newer one", async () => {
    const made = await newcomer();
    const old = await lastSecret(database, made.email);
    const late = new Date(now.getTime() + LINK_HOURS.verify_email * HOUR_MS);
    expect(await verify(old, { at: late })).toEqual({ kind: "dead_link" });
    expect(await verify("made-up")).toEqual({ kind: "dead_link" });
    const parts = { orm: database.orm, clock, sealer: TEST_SEALER, limiter: new ActLimiter() };
    await resendVerification(parts, { userId: made.userId, otherEmail: null, address: null });
    expect(await verify(old)).toEqual({ kind: "dead_link" });
    expect(await verify(await lastSecret(database, made.email))).toMatchObject({ kind: "verified" });
    expect(await resendVerification(parts, { userId: made.userId, otherEmail: null, address: null })).toEqual({ kind: "not_waiting" });
  });
});

describe("where an admin looks first", () => {
  test("a confirmed newcomer waits, admins are told, and the one who is let in is told too", async () => {
    const admin = await testCustomer(database.orm);
    await database.orm
      .update(users)
      .set({ role: "admin", email: `${admin.username}@ops.example` })
      .where(eq(users.id, admin.userId));
    const { userId, username, email } = await confirmed("review");
    expect(await userOf(userId)).toMatchObject({ status: "pending", email });
    expect(await listLanes(database.orm, OPERATOR_VIEWER, { userId })).toEqual([]);
    expect((await mailsTo(database, `${admin.username}@ops.example`)).map(({ kind }) => kind)).toEqual(["sign_up_waits"]);
    expect(await listSignUps(database.orm, OPERATOR_VIEWER)).toContainEqual(
      expect.objectContaining({ id: userId, username, email, status: "pending" }),
    );

    await review(userId, "approve");
    expect(await userOf(userId)).toMatchObject({ status: "active", reviewedAt: now });
    expect(await listLanes(database.orm, OPERATOR_VIEWER, { userId })).toHaveLength(1);
    expect((await mailsTo(database, email)).at(-1)?.kind).toBe("sign_up_approved");
    await expect(review(userId, "refuse")).rejects.toMatchObject({ code: "conflict" });
  });

  test("who is refused is told, has a reason on the audit log, and can be let in after all", async () => {
    const { userId, email } = await confirmed("review");
    await review(userId, "refuse");
    expect((await mailsTo(database, email)).at(-1)?.kind).toBe("sign_up_refused");
    const audited = await database.orm.select().from(auditLog).where(eq(auditLog.subject, userId));
    expect(audited).toContainEqual(expect.objectContaining({ action: "sign_up.refuse", actor: "operator_cli", note: "because" }));
    expect(await listSignUps(database.orm, OPERATOR_VIEWER)).toContainEqual(
      expect.objectContaining({ id: userId, status: "rejected", reviewNote: "because" }),
    );
    await review(userId, "approve");
    expect(await userOf(userId)).toMatchObject({ status: "active" });
  });

  test("two admins who decide at the same moment decide once", async () => {
    const { userId } = await confirmed("review");
    const decide = (orm: Orm) =>
      withTransaction(orm, (tx) => reviewSignUp(tx, { userId, decision: "approve", note: "fine", actor: OPERATOR, now }));
    const results = await Promise.allSettled([decide(database.orm), decide(other.orm)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await listLanes(database.orm, OPERATOR_VIEWER, { userId })).toHaveLength(1);
  });

  test("an unconfirmed newcomer cannot be let in, and a customer sees no sign-ups", async () => {
    const { userId } = await newcomer();
    await expect(review(userId, "approve")).rejects.toMatchObject({ code: "conflict" });
    const { viewer } = await testCustomer(database.orm);
    await expect(listSignUps(database.orm, viewer)).rejects.toMatchObject({ code: "not_found" });
  });
});

test("no audit row of an account holds its username or address", async () => {
  const { userId, username, email } = await confirmed();
  const rows = await database.orm.select().from(auditLog).where(eq(auditLog.subject, userId));
  expect(rows.map(({ action }) => action)).toEqual(["user.sign_up", "user.verify_email"]);
  expect(JSON.stringify(rows)).not.toContain(username);
  expect(JSON.stringify(rows)).not.toContain(email);
  expect(await database.orm.select().from(sessions).where(eq(sessions.userId, userId))).toHaveLength(1);
});

function review(userId: string, decision: "approve" | "refuse") {
  return withTransaction(database.orm, (tx) => reviewSignUp(tx, { userId, decision, note: "because", actor: OPERATOR, now }));
}

import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { users } from "@/db/schema/users";
import { withTransaction } from "@/db/transaction";
import { hashPassword } from "@/lib/crypto/password";
import { readOptOuts, setOptOuts } from "@/lib/mail/opt-outs";
import { OPTIONAL_MAILS } from "@/lib/mail/optional-mails";
import { queueMail } from "@/lib/mail/queue-mail";
import { systemClock } from "@/lib/time/clock";
import { ActLimiter } from "@/lib/users/act-limiter";
import { changePassword } from "@/lib/users/change-password";
import { readTimeZone } from "@/lib/users/read-time-zone";
import { openSession } from "@/lib/users/sessions";
import { setTimeZone } from "@/lib/users/set-time-zone";
import { testCustomer } from "@/tests/factories/customer";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { mailsTo, TEST_SEALER } from "@/tests/factories/newcomer";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

async function reachable(passwordHash?: string) {
  const made = await testCustomer(database.orm, { passwordHash });
  const email = `${made.username}@example.com`;
  await database.orm.update(users).set({ email }).where(eq(users.id, made.userId));
  return { ...made, email };
}

const refused = { kind: "sign_in_refused", payload: { laneId: "lane_1", label: "Mine", message: "no" } } as const;
const changed = { kind: "security_changed", payload: { event: "totp_on", left: null } } as const;

describe("mails that may be turned off", () => {
  test("are not queued for who does not want them, and are for everybody else", async () => {
    const [deaf, other] = [await reachable(), await reachable()];
    await withTransaction(database.orm, (tx) => setOptOuts(tx, { userId: deaf.userId, kinds: ["sign_in_refused"] }));
    for (const { userId } of [deaf, other]) await withTransaction(database.orm, (tx) => queueMail(tx, { ...refused, userId }));
    expect(await mailsTo(database, deaf.email)).toEqual([]);
    expect(await mailsTo(database, other.email)).toMatchObject([{ kind: "sign_in_refused" }]);
    await withTransaction(database.orm, (tx) => setOptOuts(tx, { userId: deaf.userId, kinds: ["lane_spill"] }));
    expect(await readOptOuts(database.orm, deaf.viewer, deaf)).toEqual(["lane_spill"]);
    await withTransaction(database.orm, (tx) => queueMail(tx, { ...refused, userId: deaf.userId }));
    expect(await mailsTo(database, deaf.email)).toHaveLength(1);
  });

  test("do not include those about security, even when a row says so", async () => {
    const { userId, email } = await reachable();
    expect(OPTIONAL_MAILS).not.toContain("security_changed");
    await database.sql`insert into mail_opt_outs (user_id, kind) values (${userId}, 'security_changed')`;
    await withTransaction(database.orm, (tx) => queueMail(tx, { ...changed, userId }));
    expect(await mailsTo(database, email)).toMatchObject([{ kind: "security_changed" }]);
  });

  test("are nobody else's to read", async () => {
    const [one, other] = [await reachable(), await reachable()];
    await expect(readOptOuts(database.orm, other.viewer, one)).rejects.toMatchObject({ code: "not_found" });
  });
});

test("a time zone is kept as it was chosen, and one that the calendar does not know is refused by name", async () => {
  const { userId, viewer } = await reachable();
  const choose = (timeZone: string | null) => withTransaction(database.orm, (tx) => setTimeZone(tx, { userId, timeZone }));
  await choose("Asia/Kathmandu");
  expect(await readTimeZone(database.orm, viewer, { userId })).toBe("Asia/Kathmandu");
  for (const wrong of ["Mars/Olympus", "UTC; drop table users", "", "+02:00"]) {
    await expect(choose(wrong), wrong).rejects.toMatchObject({ code: "request_invalid", param: "timeZone" });
  }
  expect(await readTimeZone(database.orm, viewer, { userId })).toBe("Asia/Kathmandu");
  await choose(null);
  expect(await readTimeZone(database.orm, viewer, { userId })).toBeNull();
});

test("whoever changes the password is told by mail", async () => {
  const { userId, username, email } = await reachable(await hashPassword("the password that was"));
  const session = await withTransaction(database.orm, (tx) =>
    openSession(tx, {
      userId,
      sessionVersion: 1,
      mustChangePassword: false,
      oneTimeHash: null,
      address: null,
      userAgent: null,
      now: new Date(),
    }),
  );
  const viewer = { userId, username, role: "customer", via: { kind: "session", sessionId: session.id } } as const;
  const signedIn = { sessionId: session.id, viewer, mustChangePassword: false, status: "active" } as const;
  const change = (currentPassword: string) =>
    changePassword(
      { orm: database.orm, clock: systemClock, sealer: TEST_SEALER, limiter: new ActLimiter() },
      { signedIn, currentPassword, code: null, newPassword: "the password that is", address: null },
    );
  expect(await change("a wrong one")).toEqual({ kind: "wrong_password" });
  expect(await mailsTo(database, email)).toEqual([]);
  expect(await change("the password that was")).toEqual({ kind: "changed" });
  expect(await mailsTo(database, email)).toMatchObject([{ kind: "security_changed" }]);
});

import { and, asc, eq, inArray, or, sql } from "drizzle-orm";
import type { Sql } from "postgres";
import type { Reader } from "@/db/client";
import { accountConsents, accountCredits, accountEvents, chatgptAccounts, signIns, windowSamples } from "@/db/schema/chatgpt";
import { keyHelpers } from "@/db/schema/keys";
import { auditLog, outbox } from "@/db/schema/operations";
import { requests } from "@/db/schema/requests";
import { balanceAlerts, sessions, users } from "@/db/schema/users";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { listKeys } from "@/lib/keys/read";
import { listLanes } from "@/lib/lanes/read";
import { readOptOuts } from "@/lib/mail/opt-outs";
import { toUsdString } from "@/lib/money/micro-usd";
import { listRequests } from "@/lib/requests/read";
import { listLedger } from "@/lib/wallet/read-ledger";
import { readWallet } from "@/lib/wallet/read";

/** Rows of one read. Between two reads nothing is held in the database, however slowly the export is taken. */
const BATCH_ROWS = 500;
/** Of those kinds of which a person has few. */
const FEW_ROWS_MAX = 10_000;

type Entry = { record: string } & Readonly<Record<string, unknown>>;
type Source = { orm: Reader; sql: Sql };
type Person = { userId: string; now: Date };

/**
 * All that is stored about a user, one JSON object per line: the first member says what it is. Without secrets: hashes and sealed bytes
 * say nothing to anybody, and a file lies about for years.
 */
export async function* exportUserData({ orm, sql: raw }: Source, viewer: Viewer, { userId, now }: Person): AsyncGenerator<string> {
  requireSight(viewer, userId);
  yield lines([{ record: "export", of: userId, at: now.toISOString(), version: 1 }, await profileOf(orm, viewer, userId)]);
  yield lines(await walletOf(orm, viewer, userId));
  yield lines(await keysOf(orm, viewer, userId));
  yield lines(await lanesOf(orm, viewer, userId));
  yield lines(await signInsOf(orm, userId));
  yield lines(await mailsOf(orm, userId));
  yield* accountHistoryOf(orm, userId);
  yield* auditOf(orm, userId);
  yield* ledgerOf(raw, viewer, userId);
  yield* requestsOf(orm, viewer, { userId, now });
}

async function profileOf(orm: Reader, viewer: Viewer, userId: string): Promise<Entry> {
  const [user] = await orm.select().from(users).where(eq(users.id, userId));
  if (!user) throw new AppError("not_found", "There is no such user.");
  const { username, email, role, status, emailVerifiedAt, timeZone, signUpNote, termsVersion, termsAcceptedAt, createdAt } = user;
  return {
    record: "profile",
    id: userId,
    username,
    email,
    emailVerifiedAt,
    role,
    status,
    timeZone,
    signUpNote,
    termsVersion,
    termsAcceptedAt,
    twoFactorSince: user.totpConfirmedAt,
    reviewedAt: user.reviewedAt,
    createdAt,
    mailsTurnedOff: await readOptOuts(orm, viewer, { userId }),
  };
}

async function walletOf(orm: Reader, viewer: Viewer, userId: string): Promise<Entry[]> {
  const alerts = await orm.select().from(balanceAlerts).where(eq(balanceAlerts.userId, userId)).orderBy(asc(balanceAlerts.threshold));
  return [
    { record: "wallet", ...(await readWallet(orm, viewer, { userId })) },
    ...alerts.map(({ threshold, firedAt }) => ({ record: "balance_alert", thresholdUsd: toUsdString(threshold), firedAt })),
  ];
}

async function keysOf(orm: Reader, viewer: Viewer, userId: string): Promise<Entry[]> {
  const helpers = await orm
    .select({
      id: keyHelpers.id,
      keyId: keyHelpers.keyId,
      name: keyHelpers.name,
      lastFour: keyHelpers.lastFour,
      createdAt: keyHelpers.createdAt,
      lastUsedAt: keyHelpers.lastUsedAt,
      revokedAt: keyHelpers.revokedAt,
    })
    .from(keyHelpers)
    .where(eq(keyHelpers.userId, userId))
    .limit(FEW_ROWS_MAX);
  const keys = await listKeys(orm, viewer, { userId });
  return [...keys.map((key) => ({ record: "api_key", ...key })), ...helpers.map((helper) => ({ record: "key_helper", ...helper }))];
}

async function lanesOf(orm: Reader, viewer: Viewer, userId: string): Promise<Entry[]> {
  const lanes = await listLanes(orm, viewer, { userId });
  const accounts = await orm
    .select({
      id: chatgptAccounts.id,
      state: chatgptAccounts.state,
      email: chatgptAccounts.email,
      planType: chatgptAccounts.planType,
      signedInAt: chatgptAccounts.signedInAt,
      signedOutAt: chatgptAccounts.signedOutAt,
      createdAt: chatgptAccounts.createdAt,
      removedAt: chatgptAccounts.removedAt,
    })
    .from(chatgptAccounts)
    .where(eq(chatgptAccounts.userId, userId))
    .limit(FEW_ROWS_MAX);
  const consents = await orm.select().from(accountConsents).where(eq(accountConsents.userId, userId)).limit(FEW_ROWS_MAX);
  const chatgptSignIns = await orm
    .select({
      accountId: signIns.accountId,
      state: signIns.state,
      message: signIns.message,
      address: signIns.address,
      at: signIns.createdAt,
      endedAt: signIns.endedAt,
    })
    .from(signIns)
    .where(eq(signIns.userId, userId))
    .limit(FEW_ROWS_MAX);
  return [
    ...lanes.map((lane) => ({ record: "lane", ...lane })),
    ...accounts.map((account) => ({ record: "chatgpt_account", ...account })),
    ...consents.map(({ accountId, textVersion, address, createdAt }) => ({
      record: "chatgpt_consent",
      accountId,
      textVersion,
      address,
      at: createdAt,
    })),
    ...chatgptSignIns.map((entry) => ({ record: "chatgpt_sign_in", ...entry })),
  ];
}

/** What was seen of their ChatGPT accounts: events of the container, how full the windows were, and credits. */
async function* accountHistoryOf(orm: Reader, userId: string): AsyncGenerator<string> {
  const accounts = await orm.select({ id: chatgptAccounts.id }).from(chatgptAccounts).where(eq(chatgptAccounts.userId, userId));
  for (const { id } of accounts) {
    const events = await orm.select().from(accountEvents).where(eq(accountEvents.accountId, id)).orderBy(asc(accountEvents.createdAt));
    yield lines(
      events.map(({ accountId, kind, detail, createdAt }) => ({ record: "chatgpt_event", accountId, kind, detail, at: createdAt })),
    );
    const samples = await orm.select().from(windowSamples).where(eq(windowSamples.accountId, id)).orderBy(asc(windowSamples.observedAt));
    yield lines(samples.map((sample) => ({ record: "chatgpt_window", ...sample })));
    const credits = await orm.select().from(accountCredits).where(eq(accountCredits.accountId, id));
    yield lines(credits.map((credit) => ({ record: "chatgpt_credits", ...credit })));
  }
}

async function signInsOf(orm: Reader, userId: string): Promise<Entry[]> {
  const rows = await orm
    .select({
      address: sessions.address,
      userAgent: sessions.userAgent,
      createdAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
      expiresAt: sessions.expiresAt,
      revokedAt: sessions.revokedAt,
    })
    .from(sessions)
    .where(eq(sessions.userId, userId))
    .orderBy(asc(sessions.createdAt))
    .limit(FEW_ROWS_MAX);
  return rows.map((row) => ({ record: "session", ...row }));
}

/** That they were sent, and where to: not what stands in them. */
async function mailsOf(orm: Reader, userId: string): Promise<Entry[]> {
  const rows = await orm
    .select({ kind: outbox.kind, recipient: outbox.recipient, createdAt: outbox.createdAt, sentAt: outbox.sentAt })
    .from(outbox)
    .where(eq(outbox.userId, userId))
    .orderBy(asc(outbox.createdAt))
    .limit(FEW_ROWS_MAX);
  return rows.map((row) => ({ record: "mail", ...row }));
}

/** What they did, and what was done to their account. From where somebody else did it is nobody's business but theirs. */
async function* auditOf(orm: Reader, userId: string): AsyncGenerator<string> {
  let after = "";
  for (;;) {
    const rows = await orm
      .select()
      .from(auditLog)
      .where(and(or(eq(auditLog.actor, userId), eq(auditLog.subject, userId)), sql`${auditLog.id} > ${after}`))
      .orderBy(asc(auditLog.id))
      .limit(BATCH_ROWS);
    yield lines(
      rows.map(({ action, subject, actor, address, createdAt }) => ({
        record: "change",
        action,
        subject,
        by: actor === userId ? "you" : actor.startsWith("system:") ? "system" : "operator",
        address: actor === userId ? address : null,
        at: createdAt,
      })),
    );
    const last = rows.at(-1);
    if (!last || rows.length < BATCH_ROWS) return;
    after = last.id;
  }
}

async function* ledgerOf(raw: Sql, viewer: Viewer, userId: string): AsyncGenerator<string> {
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listLedger>> = await listLedger(raw, viewer, {
      userId,
      withHolds: true,
      limit: BATCH_ROWS,
      before,
    });
    yield lines(page.lines.map((line) => ({ record: "ledger_line", ...line })));
    before = page.nextCursor;
  } while (before !== null);
}

/** Newest first, as of the moment of the export. */
async function* requestsOf(orm: Reader, viewer: Viewer, { userId }: Person): AsyncGenerator<string> {
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listRequests>> = await listRequests(orm, viewer, { userId, limit: BATCH_ROWS, before });
    const addresses = await addressesOf(orm, page.rows);
    yield lines(page.rows.map((row) => ({ record: "request", ...row, clientAddress: addresses.get(row.id) ?? null })));
    before = page.nextCursor;
  } while (before !== null);
}

async function addressesOf(orm: Reader, rows: readonly { id: string; startedAt: string }[]): Promise<Map<string, string | null>> {
  const [newest, oldest] = [rows[0], rows.at(-1)];
  if (!newest || !oldest) return new Map();
  const found = await orm
    .select({ id: requests.id, address: requests.clientAddress })
    .from(requests)
    .where(
      and(
        inArray(
          requests.id,
          rows.map(({ id }) => id),
        ),
        // The partition key: no other month is looked into. The text of an instant is cut to milliseconds.
        sql`${requests.startedAt} between ${oldest.startedAt}::timestamptz and ${newest.startedAt}::timestamptz + interval '1 ms'`,
      ),
    );
  return new Map(found.map(({ id, address }) => [id, address]));
}

function lines(records: readonly Entry[]): string {
  return records.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

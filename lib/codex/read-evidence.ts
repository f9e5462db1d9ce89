import { asc, desc, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { accountConsents, chatgptAccounts, runners } from "@/db/schema/chatgpt";
import { declaredWords } from "@/lib/codex/consent-text";
import { requireSightOfAccount } from "@/lib/codex/read-history";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";

export type EvidenceView = {
  accountId: string;
  container: { name: string | null; instance: string | null; state: string; startedAt: string | null; homeBytes: number | null };
  driver: string | null;
  host: string | null;
  codexVersion: string | null;
  binaryDigest: string | null;
  imageDigest: string | null;
  fence: number;
  lease: { runnerId: string; expiresAt: string; isLive: boolean } | null;
  /** What the driver's probe found on the runner that drives this account; null while none does. */
  isolation: IsolationView | null;
  signedInAt: string | null;
  /** `words` null: this release does not know that version. */
  consents: { textVersion: string; words: readonly string[] | null; address: string | null; createdAt: string }[];
  neverShared: NeverSharedView;
};

/** As the driver reports it; what it did not report is unknown. */
export type IsolationView = {
  fs: boolean | null;
  pids: boolean | null;
  net: string | null;
  uid: string | null;
  seccomp: boolean | null;
  limits: { memory: boolean | null; cpu: boolean | null; pids: boolean | null };
};

export type NeverSharedView = {
  checkedAt: string;
  /** Lanes that stand on this account: its owner's, and anybody else's. */
  lanes: { own: number; foreign: number };
  /** API keys in use that can reach its lane. */
  keys: { own: number; foreign: number };
  /** Accounts in this installation with the same ChatGPT identity; null: not known before the first sign-in. */
  sameIdentity: number | null;
  /** Requests of the last 24 hours that its lane answered. */
  requests: { own: number; foreign: number };
  /** The constraints and triggers that make all this impossible, as they stand in the database, and those that are missing. */
  guards: { present: string[]; missing: string[] };
};

/** Without these rows of the catalogue the promise would rest on our code alone. */
const GUARDS = [
  "lanes_account_owner",
  "lanes_one_per_account",
  "api_key_lanes_key_owner",
  "api_key_lanes_lane_owner",
  "chatgpt_accounts_identity_once",
  "chatgpt_accounts_guard",
  "chatgpt_accounts_guard_new",
  "chatgpt_accounts_removed_has_no_home",
  "lanes_guard_account",
  "api_keys_guard_owner",
] as const;

/** Read and counted now, not remembered. */
export async function readEvidence(reader: Reader, viewer: Viewer, input: { accountId: string }): Promise<EvidenceView> {
  await requireSightOfAccount(reader, viewer, input.accountId);
  const [[row], consents, neverShared] = await Promise.all([
    reader
      .select({
        account: chatgptAccounts,
        isolation: runners.isolation,
        isLive: sql<boolean>`coalesce(${chatgptAccounts.leaseExpiresAt} > now(), false)`,
      })
      .from(chatgptAccounts)
      .leftJoin(runners, eq(runners.id, chatgptAccounts.leaseRunnerId))
      .where(eq(chatgptAccounts.id, input.accountId)),
    reader
      .select()
      .from(accountConsents)
      .where(eq(accountConsents.accountId, input.accountId))
      .orderBy(desc(accountConsents.createdAt), asc(accountConsents.id)),
    checkNeverShared(reader, input.accountId),
  ]);
  if (!row) throw new AppError("not_found", "There is no such account.");
  const { account } = row;
  const container = fieldsOf(account.container);
  return {
    accountId: account.id,
    container: {
      name: textOf(container["name"]),
      instance: textOf(container["instance"]),
      state: account.containerState,
      startedAt: account.containerStartedAt?.toISOString() ?? null,
      homeBytes: account.homeBytes,
    },
    driver: account.driver,
    host: account.host,
    codexVersion: account.codexVersion,
    binaryDigest: account.binaryDigest,
    imageDigest: account.imageDigest,
    fence: account.fence,
    lease:
      account.leaseRunnerId && account.leaseExpiresAt
        ? { runnerId: account.leaseRunnerId, expiresAt: account.leaseExpiresAt.toISOString(), isLive: row.isLive }
        : null,
    isolation: row.isolation === null ? null : isolationView(row.isolation),
    signedInAt: account.signedInAt?.toISOString() ?? null,
    consents: consents.map(({ textVersion, address, createdAt }) => ({
      textVersion,
      words: declaredWords(textVersion),
      address,
      createdAt: createdAt.toISOString(),
    })),
    neverShared,
  };
}

type Counted = {
  checked_at: string;
  lanes_own: number;
  lanes_foreign: number;
  keys_own: number;
  keys_foreign: number;
  same_identity: number | null;
  requests_own: number;
  requests_foreign: number;
  guards: string[];
};

/** One statement: the counts belong to one instant. */
async function checkNeverShared(reader: Reader, accountId: string): Promise<NeverSharedView> {
  const [row] = (await reader.execute(sql`
    with account as (select * from chatgpt_accounts where id = ${accountId}),
    on_it as (
      select l.id, l.user_id, l.user_id = a.user_id as own from lanes l join account a on l.chatgpt_account_id = a.id
    ),
    -- A key without a lane set of its own reaches every lane of its owner; with one, those lanes, whoever's they are.
    reaching as (
      select distinct k.id, k.user_id = a.user_id as own
      from account a, on_it l, api_keys k
      where k.revoked_at is null and (
        exists (select 1 from api_key_lanes s where s.key_id = k.id and s.lane_id = l.id)
        or (k.user_id = l.user_id and not exists (select 1 from api_key_lanes s where s.key_id = k.id)))
    ),
    answered as (
      select r.user_id = a.user_id as own
      from account a, requests r
      where r.started_at > now() - interval '24 hours' and r.lane_kind = 'codex' and r.lane_id in (select id from on_it)
    )
    select to_json(now()) #>> '{}' as checked_at,
      (select count(*)::int from on_it where own) as lanes_own,
      (select count(*)::int from on_it where not own) as lanes_foreign,
      (select count(*)::int from reaching where own) as keys_own,
      (select count(*)::int from reaching where not own) as keys_foreign,
      (select case when a.identity_hash is null then null
        else (select count(*)::int from chatgpt_accounts o where o.identity_hash = a.identity_hash) end from account a) as same_identity,
      (select count(*)::int from answered where own) as requests_own,
      (select count(*)::int from answered where not own) as requests_foreign,
      coalesce((select json_agg(g.name) from (
        select conname::text as name from pg_constraint where convalidated and connamespace = 'public'::regnamespace
        union select tgname::text from pg_trigger where tgenabled in ('O', 'A') and not tgisinternal
        union select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid where i.indisunique and i.indisvalid
      ) g where g.name in (select json_array_elements_text(${JSON.stringify(GUARDS)}::json))), '[]'::json) as guards`)) as unknown as Counted[];
  if (!row) throw new AppError("internal", "The check answered nothing.");
  return {
    checkedAt: new Date(row.checked_at).toISOString(),
    lanes: { own: row.lanes_own, foreign: row.lanes_foreign },
    keys: { own: row.keys_own, foreign: row.keys_foreign },
    sameIdentity: row.same_identity,
    requests: { own: row.requests_own, foreign: row.requests_foreign },
    guards: {
      present: GUARDS.filter((name) => row.guards.includes(name)),
      missing: GUARDS.filter((name) => !row.guards.includes(name)),
    },
  };
}

export function isolationView(reported: unknown): IsolationView {
  const given = fieldsOf(reported);
  const limits = fieldsOf(given["limits"]);
  return {
    fs: booleanOf(given["fs"]),
    pids: booleanOf(given["pids"]),
    net: textOf(given["net"]),
    uid: textOf(given["uid"]),
    seccomp: booleanOf(given["seccomp"]),
    limits: { memory: booleanOf(limits["memory"]), cpu: booleanOf(limits["cpu"]), pids: booleanOf(limits["pids"]) },
  };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function booleanOf(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

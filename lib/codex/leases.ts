import type { Sql } from "postgres";

/*
 * The lease of a ChatGPT account: who may drive its container, until when, and under which number. All by the clock of the
 * database; the trigger on the table refuses whatever these statements would get wrong.
 *
 *   free --take--> held (fence + 1) --renew--> held --release, or silence until it runs out--> free
 */

/** The account as its runner knows it from the moment of the lease. */
export type LeasedAccount = {
  accountId: string;
  userId: string;
  fence: number;
  state: "new" | "signing_in" | "signed_in" | "signed_out" | "lost" | "removing" | "removed";
  email: string | null;
  identityHash: string | null;
  turnsMax: number;
  codexVersion: string | null;
  codexVersionCanary: string | null;
  containerState: "none" | "starting" | "running" | "stopped" | "failed";
  /** As the driver gave it. */
  container: unknown;
};

export type LeaseAnswer =
  | ({ kind: "taken" } & LeasedAccount)
  /** Another runner's, which is there. */
  | { kind: "held"; address: string }
  /** Its home is on a machine that this runner cannot touch. */
  | { kind: "elsewhere"; host: string }
  /** This runner may take nothing any more, or the row was changing hands: whoever asks again learns more. */
  | { kind: "refused" }
  /** Unknown, or removed. */
  | { kind: "none" };

export type LeaseRequest = { accountId: string; runnerId: string; host: string; ttlS: number };

const COLUMNS = `id as "accountId", user_id as "userId", fence::int, state, email, identity_hash as "identityHash",
  turns_max as "turnsMax", codex_version as "codexVersion", codex_version_canary as "codexVersionCanary",
  container_state as "containerState", container`;

/**
 * Two runners that ask at one time: the row decides, one of them finds it held. An account without a home may be driven anywhere, and
 * stays where it is taken.
 */
export async function takeLease(sql: Sql, request: LeaseRequest): Promise<LeaseAnswer> {
  const { accountId, runnerId, host, ttlS } = request;
  const [taken] = await sql<LeasedAccount[]>`
    update chatgpt_accounts a
    set fence = case when lease_runner_id = ${runnerId} then fence else fence + 1 end,
      lease_runner_id = ${runnerId},
      lease_expires_at = clock_timestamp() + make_interval(secs => ${ttlS}),
      turns_running = 0, turns_waiting = 0,
      host = ${host}
    where id = ${accountId} and state <> 'removed' and (host is null or host = ${host} or container_state = 'none')
      and (lease_runner_id is null or lease_runner_id = ${runnerId} or lease_expires_at <= clock_timestamp())
      and exists (select 1 from runners r where r.id = ${runnerId} and r.ended_at is null and r.draining_at is null)
    returning ${sql.unsafe(COLUMNS)}`;
  if (taken) return { kind: "taken", ...taken };
  const [other] = await sql<{ address: string | null; host: string | null }[]>`
    select r.address, a.host from chatgpt_accounts a
    left join runners r on r.id = a.lease_runner_id and a.lease_expires_at > clock_timestamp() and r.id <> ${runnerId}
    where a.id = ${accountId} and a.state <> 'removed'`;
  if (!other) return { kind: "none" };
  if (other.address !== null) return { kind: "held", address: other.address };
  return other.host !== null && other.host !== host ? { kind: "elsewhere", host: other.host } : { kind: "refused" };
}

/** The account as it is now, for its holder. Null: the lease is lost. */
export async function readLeased(sql: Sql, lease: { accountId: string; runnerId: string; fence: number }): Promise<LeasedAccount | null> {
  const [account] = await sql<LeasedAccount[]>`
    select ${sql.unsafe(COLUMNS)} from chatgpt_accounts
    where id = ${lease.accountId} and lease_runner_id = ${lease.runnerId} and fence = ${lease.fence}
      and lease_expires_at > clock_timestamp() and state <> 'removed'`;
  return account ?? null;
}

/** How many turns of an account run, and how many stand in line for it. */
export type TurnLineLength = { accountId: string; running: number; waiting: number };

/** `lines`: of the accounts where somebody is. */
type Renewal = { runnerId: string; ttlS: number; lines?: readonly TurnLineLength[] };

/** The accounts that are still this runner's. One that is missing here has been lost and is driven no further. */
export async function renewLeases(sql: Sql, { runnerId, ttlS, lines = [] }: Renewal): Promise<{ accountId: string; fence: number }[]> {
  return sql<{ accountId: string; fence: number }[]>`
    update chatgpt_accounts a set lease_expires_at = clock_timestamp() + make_interval(secs => ${ttlS}),
      turns_running = coalesce(line.running, 0), turns_waiting = coalesce(line.waiting, 0)
    from chatgpt_accounts held
    left join jsonb_to_recordset(${JSON.stringify(lines)}::text::jsonb) as line("accountId" text, running int, waiting int)
      on line."accountId" = held.id
    where held.id = a.id and a.lease_runner_id = ${runnerId} and a.lease_expires_at > clock_timestamp()
    returning a.id as "accountId", a.fence::int`;
}

/** False: it was not this runner's any more. */
export async function releaseLease(sql: Sql, lease: { accountId: string; runnerId: string; fence: number }): Promise<boolean> {
  const freed = await sql`
    update chatgpt_accounts set lease_runner_id = null, lease_expires_at = null
    where id = ${lease.accountId} and lease_runner_id = ${lease.runnerId} and fence = ${lease.fence} returning id`;
  return freed.length > 0;
}

import type { Sql } from "postgres";

/** Under which lease something is written: whoever has lost it changes nothing. */
export type LeaseProof = { accountId: string; runnerId: string; fence: number };

const REASON_CHARS_MAX = 500;

export type ContainerRecord = {
  state: "starting" | "running" | "stopped" | "failed";
  reason: string | null;
  /** What the driver needs to find it again; absent: unchanged. */
  container?: Readonly<Record<string, unknown>>;
  driver?: string;
  codexVersion?: string;
  binaryDigest?: string;
  imageDigest?: string | null;
};

/** False: the lease is not ours any more. */
export async function recordContainer(sql: Sql, proof: LeaseProof, record: ContainerRecord): Promise<boolean> {
  const container = record.container === undefined ? null : JSON.stringify(record.container);
  const written = await sql`
    update chatgpt_accounts set container_state = ${record.state}, container_reason = ${record.reason?.slice(0, REASON_CHARS_MAX) ?? null},
      container = coalesce(${container}::text::jsonb, container), driver = coalesce(${record.driver ?? null}, driver),
      codex_version = coalesce(${record.codexVersion ?? null}, codex_version),
      binary_digest = coalesce(${record.binaryDigest ?? null}, binary_digest),
      image_digest = case when ${record.imageDigest === undefined} then image_digest else ${record.imageDigest ?? null} end,
      container_started_at = case when ${record.state} = 'running' and container_state <> 'running' then clock_timestamp()
        else container_started_at end
    where id = ${proof.accountId} and lease_runner_id = ${proof.runnerId} and fence = ${proof.fence} returning id`;
  return written.length > 0;
}

/** The home is gone, and the sign-in with it. */
export async function recordNoContainer(sql: Sql, proof: LeaseProof): Promise<boolean> {
  const written = await sql`
    update chatgpt_accounts set container_state = 'none', container_reason = null, container = null, home_bytes = null,
      container_started_at = null
    where id = ${proof.accountId} and lease_runner_id = ${proof.runnerId} and fence = ${proof.fence} returning id`;
  return written.length > 0;
}

export async function recordHomeBytes(sql: Sql, proof: LeaseProof, bytes: number): Promise<boolean> {
  const written = await sql`
    update chatgpt_accounts set home_bytes = ${bytes}
    where id = ${proof.accountId} and lease_runner_id = ${proof.runnerId} and fence = ${proof.fence} returning id`;
  return written.length > 0;
}

/** The end of a removed lane's account: its home is proven gone, so the ChatGPT account may be connected again by anybody. */
export async function recordRemoved(sql: Sql, proof: LeaseProof): Promise<boolean> {
  const written = await sql`
    update chatgpt_accounts set state = 'removed', state_reason = null, removed_at = clock_timestamp(), identity_hash = null, email = null,
      container_state = 'none', container_reason = null, container = null, home_bytes = null,
      lease_runner_id = null, lease_expires_at = null
    where id = ${proof.accountId} and lease_runner_id = ${proof.runnerId} and fence = ${proof.fence} and state = 'removing'
    returning id`;
  return written.length > 0;
}

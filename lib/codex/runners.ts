import type { Sql } from "postgres";

/** Longest pause between two heartbeats of a runner, however long its leases last. */
export const RUNNER_BEAT_MAX_MS = 5_000;
/** Silence after which nobody is sent to a runner any more: two heartbeats and a little. */
export const RUNNER_SILENCE_S = 12;

/** Silence after which a runner is taken for dead. Many heartbeats: whoever was only slow is back by then. */
export const RUNNER_DEAD_S = 120;

export type NewRunner = { id: string; host: string; address: string; driver: string; isolation: unknown };

/** Before a runner may lease accounts it must be known: where it is reached, and whose containers it can touch. */
export async function registerRunner(sql: Sql, runner: NewRunner): Promise<void> {
  await sql`
    insert into runners (id, host, address, driver, isolation)
    values (${runner.id}, ${runner.host}, ${runner.address}, ${runner.driver}, ${JSON.stringify(runner.isolation)}::text::jsonb)`;
}

/** What drives its containers has been found, or mended. */
export async function recordDriver(sql: Sql, runner: Pick<NewRunner, "id" | "driver" | "isolation">): Promise<void> {
  await sql`
    update runners set driver = ${runner.driver}, isolation = ${JSON.stringify(runner.isolation)}::text::jsonb where id = ${runner.id}`;
}

/** False: this runner has been ended by somebody else. */
export async function beatRunner(sql: Sql, runnerId: string): Promise<boolean> {
  const beaten = await sql`
    update runners set heartbeat_at = clock_timestamp() where id = ${runnerId} and ended_at is null returning id`;
  return beaten.length > 0;
}

/** From here on nobody is sent to it, and it takes no lease. */
export async function drainRunner(sql: Sql, runnerId: string): Promise<void> {
  await sql`update runners set draining_at = coalesce(draining_at, clock_timestamp()) where id = ${runnerId}`;
}

/** Gives back what is left of its leases. */
export async function endRunner(sql: Sql, runnerId: string): Promise<void> {
  await sql`
    with freed as (
      update chatgpt_accounts set lease_runner_id = null, lease_expires_at = null where lease_runner_id = ${runnerId}
    )
    update runners set ended_at = coalesce(ended_at, clock_timestamp()) where id = ${runnerId}`;
}

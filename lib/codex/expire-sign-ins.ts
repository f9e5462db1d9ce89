import type { Sql } from "postgres";
import { endSignIn } from "@/lib/codex/end-sign-in";

/** A code lives 15 minutes; its runner ends the sign-in then. This long after, no runner did. */
const GRACE_MINUTES = 5;
/** A sign-in that no runner ever gave a code: at its first start a runner has the CLI to fetch. */
const START_MINUTES_MAX = 6;
const ROWS_MAX = 200;

/** Ends what no runner ended, so that the owner can try again. Returns how many. */
export async function expireSignIns(sql: Sql): Promise<number> {
  const stale = await sql<{ id: string; state: string }[]>`
    select id, state from sign_ins
    where ended_at is null and coalesce(expires_at + make_interval(mins => ${GRACE_MINUTES}),
      created_at + make_interval(mins => ${START_MINUTES_MAX})) < clock_timestamp()
    order by created_at limit ${ROWS_MAX}`;
  let ended = 0;
  for (const { id, state } of stale) {
    const end =
      state === "waiting"
        ? { state: "expired" as const, message: "The code was not entered in time. Try again." }
        : { state: "failed" as const, message: "The machine that runs Codex did not answer. Try again in a few minutes." };
    if (await endSignIn(sql, { signInId: id, ...end })) ended += 1;
  }
  return ended;
}

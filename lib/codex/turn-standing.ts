import type { Sql } from "postgres";

/** What the database says about a turn at the moment at which a runner is asked for it. */
export type TurnStanding = {
  accountState: string;
  laneState: string;
  laneReason: string | null;
  laneUntil: Date | null;
  /** Of the model that the turn is for. */
  modelUntil: Date | null;
  turnsMax: number;
  /** The asking runner's lease holds, under the fence that it believes in. */
  leaseHolds: boolean;
};

/** Null: there is no such lane of this owner on this account, with this key of theirs. Nothing else may be told to whoever asks. */
export async function readTurnStanding(
  sql: Sql,
  turn: { accountId: string; laneId: string; userId: string; keyId: string; model: string; runnerId: string; fence: number },
): Promise<TurnStanding | null> {
  const [standing] = await sql<TurnStanding[]>`
    select a.state as "accountState", l.state as "laneState", l.state_reason as "laneReason", l.state_until as "laneUntil",
      (l.closed_models ->> ${turn.model})::timestamptz as "modelUntil", a.turns_max as "turnsMax",
      (a.lease_runner_id is not distinct from ${turn.runnerId} and a.fence = ${turn.fence} and a.lease_expires_at > clock_timestamp())
        as "leaseHolds"
    from chatgpt_accounts a
    join lanes l on l.chatgpt_account_id = a.id and l.user_id = a.user_id
    join api_keys k on k.user_id = a.user_id
    where a.id = ${turn.accountId} and l.id = ${turn.laneId} and a.user_id = ${turn.userId} and k.id = ${turn.keyId}`;
  return standing ?? null;
}

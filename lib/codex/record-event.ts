import type { Tx } from "@/db/client";
import type { RawSql } from "@/db/raw-sql";
import { statementOn } from "@/db/statement";
import { newId } from "@/lib/ids/ids";

const DETAIL_CHARS_MAX = 500;

export type AccountEventKind =
  | "container_started"
  | "container_stopped"
  | "container_failed"
  | "container_recovered"
  | "signing_in"
  | "sign_in_ended"
  | "signed_in"
  | "signed_out"
  | "identity_refused"
  | "window_closed"
  | "model_closed"
  | "window_opened"
  | "egress_refused"
  | "home_recycled"
  | "home_forgotten"
  | "turn_rerun"
  | "removing";

/** For the owner's evidence page. Never a prompt, a token or a code. */
export async function recordEvent(
  on: Tx | RawSql,
  event: { accountId: string; kind: AccountEventKind; detail: string | null; fence: number | null; at?: Date },
): Promise<void> {
  const detail = event.detail?.replace(/\p{Cc}+/gu, " ").slice(0, DETAIL_CHARS_MAX) ?? null;
  await statementOn(on)`
    insert into account_events (id, account_id, kind, detail, fence, created_at)
    values (${newId("aev")}, ${event.accountId}, ${event.kind}, ${detail}, ${event.fence},
      coalesce(${event.at?.toISOString() ?? null}::timestamptz, clock_timestamp()))`;
}

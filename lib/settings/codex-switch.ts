import type { Reader, Tx } from "@/db/client";
import type { RawSql } from "@/db/raw-sql";
import { statementOn } from "@/db/statement";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";

/*
 * What an operator turns on and off for every Codex lane at once, while everything runs: rows of `settings`, of whose change every
 * process hears by `config_changed`.
 */

type SwitchName = "codex_lanes" | "codex_requires_plan";
type Turn = { enabled: boolean; actor: Actor; note: string };

/** Off: no Codex lane answers and no account is connected; accounts, logs and the other lanes carry on. On unless told otherwise. */
export async function areCodexLanesOn(on: Reader | RawSql): Promise<boolean> {
  return (await readSwitch(on, "codex_lanes")) ?? true;
}

export function setCodexLanes(tx: Tx, turn: Turn): Promise<void> {
  return setSwitch(tx, "codex_lanes", turn);
}

/** On: only customers with the monthly plan connect ChatGPT accounts. Off unless told otherwise. */
export async function isCodexPlanRequired(on: Reader | RawSql): Promise<boolean> {
  return (await readSwitch(on, "codex_requires_plan")) ?? false;
}

export function setCodexPlanRequired(tx: Tx, turn: Turn): Promise<void> {
  return setSwitch(tx, "codex_requires_plan", turn);
}

async function readSwitch(on: Reader | RawSql, name: SwitchName): Promise<boolean | null> {
  const [row] = await statementOn(on)<{ enabled: string | null }>`select value ->> 'enabled' as enabled from settings where name = ${name}`;
  return row === undefined || row.enabled === null ? null : row.enabled === "true";
}

async function setSwitch(tx: Tx, name: SwitchName, { enabled, actor, note }: Turn): Promise<void> {
  const before = await readSwitch(tx, name);
  await statementOn(tx)`
    insert into settings (name, value) values (${name}, jsonb_build_object('enabled', ${enabled}::boolean))
    on conflict (name) do update set value = excluded.value, updated_at = clock_timestamp()`;
  await recordAudit(tx, { actor, action: "setting.change", subject: name, before: { enabled: before }, after: { enabled }, note });
}

import { and, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { apiKeyLanes, apiKeys } from "@/db/schema/keys";
import { lanes } from "@/db/schema/lanes";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { leaveAccount } from "@/lib/codex/leave-account";
import { AppError } from "@/lib/errors/app-error";
import { ownLanes } from "@/lib/lanes/own-lanes";
import { writePositions } from "@/lib/lanes/write-positions";
import { lockUser } from "@/lib/users/lock-user";

/**
 * The wallet's lane stays, the last lane stays, and so does the only lane of a key: without it the key would reach lanes that it was kept from. The ChatGPT
 * account of a Codex lane goes with it: `accountId` is whom the caller tells its runner to remove.
 */
export async function removeLane(tx: Tx, input: { userId: string; laneId: string; actor: Actor }): Promise<{ accountId: string | null }> {
  await lockUser(tx, input.userId);
  const all = await ownLanes(tx, input.userId);
  const lane = all.find((row) => row.id === input.laneId);
  if (!lane) throw new AppError("not_found", `There is no lane ${input.laneId}.`);
  if (lane.kind === "wallet") throw new AppError("conflict", "The wallet lane stays: nothing could bring it back. Pause it instead.");
  if (all.length === 1) throw new AppError("conflict", "The last lane cannot be removed: without one no request could be answered.");
  const key = await findKeyBoundTo(tx, lane.id);
  if (key)
    throw new AppError("conflict", `The API key "${key.name}" (${key.id}) may use no other lane. Give it another one or revoke it first.`);
  // Before its lane, as everywhere.
  if (lane.chatgptAccountId !== null) await leaveAccount(tx, lane.chatgptAccountId);
  await tx.delete(lanes).where(eq(lanes.id, lane.id));
  await writePositions(
    tx,
    all.filter((other) => other !== lane),
  );
  await recordAudit(tx, {
    actor: input.actor,
    action: "lane.remove",
    subject: lane.id,
    before: { userId: lane.userId, kind: lane.kind, position: lane.position, label: lane.label, baseUrl: lane.baseUrl },
  });
  return { accountId: lane.chatgptAccountId };
}

async function findKeyBoundTo(tx: Tx, laneId: string) {
  const [key] = await tx
    .select({ id: apiKeys.id, name: apiKeys.name })
    .from(apiKeyLanes)
    .innerJoin(apiKeys, eq(apiKeys.id, apiKeyLanes.keyId))
    .where(
      and(
        eq(apiKeyLanes.laneId, laneId),
        isNull(apiKeys.revokedAt),
        sql`not exists (select 1 from api_key_lanes other where other.key_id = ${apiKeys.id} and other.lane_id <> ${laneId})`,
      ),
    )
    .limit(1);
  return key;
}

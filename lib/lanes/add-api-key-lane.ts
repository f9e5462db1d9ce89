import { eq, max } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import type { Sealer } from "@/lib/crypto/sealer";
import { newId } from "@/lib/ids/ids";
import { checkLaneLabel } from "@/lib/lanes/lane-label";
import { lockLanes } from "@/lib/lanes/lock-lanes";
import { checkUpstream } from "@/lib/providers/check-upstream";
import { requireDatabaseMode } from "@/lib/settings/database-mode";

export type NewApiKeyLane = {
  userId: string;
  label: string;
  baseUrl: string;
  /** The customer's own key at that upstream. */
  secret: string;
  /** `host:port` entries that may be private or plain http: the operator's own, which a customer reaches in a simulation only. */
  allow: readonly string[];
  sealer: Sealer;
  actor: Actor;
};

/** Comes last in the owner's order. The key is sealed to the lane's id and never shown again. */
export async function addApiKeyLane(tx: Tx, input: NewApiKeyLane): Promise<{ id: string; position: number }> {
  const label = checkLaneLabel(input.label);
  const isSimulated = (await requireDatabaseMode(tx)) === "simulated";
  const { baseUrl, secret } = await checkUpstream(tx, { ...input, allow: isSimulated ? input.allow : [] });
  await lockLanes(tx, input.userId);
  const [last] = await tx
    .select({ position: max(lanes.position) })
    .from(lanes)
    .where(eq(lanes.userId, input.userId));
  const id = newId("lane");
  const position = (last?.position ?? 0) + 1;
  const { sealed, keyId } = input.sealer.seal(secret, id);
  const keyLastFour = secret.slice(-4);
  await tx.insert(lanes).values({
    id,
    userId: input.userId,
    kind: "api_key",
    position,
    label,
    baseUrl,
    sealedKey: sealed,
    sealKeyId: keyId,
    keyLastFour,
  });
  await recordAudit(tx, {
    actor: input.actor,
    action: "lane.add",
    subject: id,
    after: { userId: input.userId, kind: "api_key", position, label, baseUrl, keyLastFour },
  });
  return { id, position };
}

import type { Tx } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import type { Sealer } from "@/lib/crypto/sealer";
import { newId } from "@/lib/ids/ids";
import { checkOwnUpstream, type OwnUpstream } from "@/lib/lanes/check-own-upstream";
import { checkLaneLabel } from "@/lib/lanes/lane-label";
import { makeRoom } from "@/lib/lanes/make-room";
import { ownLanes } from "@/lib/lanes/own-lanes";
import { lockUser } from "@/lib/users/lock-user";

export type NewApiKeyLane = OwnUpstream & { userId: string; label: string; sealer: Sealer; actor: Actor };

/**
 * Comes before the wallet, whose credit would be spent first otherwise, and after all other lanes. The key is sealed to the lane's id and
 * never shown again; `tryApiKey` tells beforehand whether it is any good.
 */
export async function addApiKeyLane(tx: Tx, input: NewApiKeyLane): Promise<{ id: string; position: number }> {
  const label = checkLaneLabel(input.label);
  const { baseUrl, secret } = await checkOwnUpstream(tx, input);
  await lockUser(tx, input.userId);
  const before = await ownLanes(tx, input.userId);
  const id = newId("lane");
  const position = before.find((lane) => lane.kind === "wallet")?.position ?? before.length + 1;
  const { sealed, keyId } = input.sealer.seal(secret, id);
  const keyLastFour = secret.slice(-4);
  await makeRoom(tx, { userId: input.userId, position });
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

import type { Tx } from "@/db/client";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { openSealedBox } from "@/lib/crypto/sealed-box";
import { AppError } from "@/lib/errors/app-error";
import { lockKey } from "@/lib/keys/lock-key";

/** The whole secret, for an operator with a reason. Who, why and which key stand in the audit log before it is shown. */
export async function revealKey(tx: Tx, input: { keyId: string; note: string; privateKey: string; actor: Actor }): Promise<string> {
  const note = input.note.trim();
  if (note === "") throw new AppError("request_invalid", "Say why: a reveal needs a note.", { param: "note" });
  const key = await lockKey(tx, { keyId: input.keyId });
  await recordAudit(tx, { actor: input.actor, action: "key.reveal", subject: key.id, note });
  try {
    return openSealedBox({ privateKey: input.privateKey, box: key.sealedSecret, rowId: key.id });
  } catch (cause) {
    throw new AppError("conflict", "The reveal key does not open this API key: it belongs to another installation.", { cause });
  }
}

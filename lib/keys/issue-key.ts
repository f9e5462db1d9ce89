import type { Tx } from "@/db/client";
import { apiKeys } from "@/db/schema/keys";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { hashApiKey } from "@/lib/crypto/hash-api-key";
import { BASE62, randomText } from "@/lib/crypto/random-text";
import { sealToPublicKey } from "@/lib/crypto/sealed-box";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { auditedLimits } from "@/lib/keys/audited-limits";
import { checkKeyLimits, NO_LIMITS, type KeyLimits } from "@/lib/keys/key-limits";
import { requireRevealPublicKey } from "@/lib/keys/reveal-public-key";
import { setKeyLanes } from "@/lib/keys/set-key-lanes";
import type { Clock } from "@/lib/time/clock";

/** 43 characters of base 62 hold 256 random bits. */
const SECRET_LENGTH = 43;
const SECRET_START = "sk-sy-";
const PREFIX_LENGTH = SECRET_START.length + 4;
const NAME_LENGTH_MAX = 80;

export type IssuedKey = { id: string; secret: string; prefix: string; lastFour: string };

type IssueKeyInput = { userId: string; name: string; limits?: Partial<KeyLimits>; actor: Actor; clock: Clock };

/** The secret exists in clear only in what this returns. */
export async function issueKey(tx: Tx, input: IssueKeyInput): Promise<IssuedKey> {
  const limits = { ...NO_LIMITS, ...input.limits };
  const name = checkKeyName(input.name);
  checkKeyLimits(limits);
  if (limits.expiresAt && limits.expiresAt <= input.clock.now()) {
    throw new AppError("request_invalid", "The expiry must be in the future.", { param: "expiresAt" });
  }
  const id = newId("key");
  const secret = `${SECRET_START}${randomText(BASE62, SECRET_LENGTH)}`;
  const shown = { prefix: secret.slice(0, PREFIX_LENGTH), lastFour: secret.slice(-4) };
  const { laneIds, models, ipAllow, ...columns } = limits;
  await tx.insert(apiKeys).values({
    id,
    userId: input.userId,
    name,
    hash: hashApiKey(secret),
    ...shown,
    sealedSecret: sealToPublicKey({ publicKey: await requireRevealPublicKey(tx), plaintext: secret, rowId: id }),
    ...columns,
    models: models && [...models],
    ipAllow: ipAllow && [...ipAllow],
    createdAt: input.clock.now(),
  });
  if (laneIds !== null) await setKeyLanes(tx, { keyId: id, userId: input.userId, laneIds });
  await recordAudit(tx, {
    actor: input.actor,
    action: "key.issue",
    subject: id,
    after: { userId: input.userId, name, ...shown, ...auditedLimits(limits) },
  });
  return { id, secret, ...shown };
}

function checkKeyName(text: string): string {
  const name = text.trim();
  if (name === "" || name.length > NAME_LENGTH_MAX || /\p{Cc}/u.test(name)) {
    throw new AppError("request_invalid", `A key needs a name of 1 to ${NAME_LENGTH_MAX} characters.`, { param: "name" });
  }
  return name;
}

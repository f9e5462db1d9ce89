import { and, eq, isNull, ne } from "drizzle-orm";
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
import { checkKeyName } from "@/lib/keys/check-key-name";
import { checkKeyLimits, NO_LIMITS, type KeyLimits } from "@/lib/keys/key-limits";
import { requireRevealPublicKey } from "@/lib/keys/reveal-public-key";
import { setKeyLanes } from "@/lib/keys/set-key-lanes";
import type { Clock } from "@/lib/time/clock";
import { lockUser } from "@/lib/users/lock-user";

/** 43 characters of base 62 hold 256 random bits. */
const SECRET_LENGTH = 43;
const SECRET_START = "sk-sy-";
const PREFIX_LENGTH = SECRET_START.length + 4;

/** Of one user, that are not revoked and whose place no other key took. */
export const KEYS_MAX = 200;

export type IssuedKey = { id: string; secret: string; prefix: string; lastFour: string };

type IssueKeyInput = {
  userId: string;
  name: string;
  limits?: Partial<KeyLimits>;
  /** The key whose place the new one takes, by a rotation in the same transaction. */
  inPlaceOf?: string;
  actor: Actor;
  clock: Clock;
};

/** The secret exists in clear only in what this returns. */
export async function issueKey(tx: Tx, input: IssueKeyInput): Promise<IssuedKey> {
  const limits = { ...NO_LIMITS, ...input.limits };
  const name = checkKeyName(input.name);
  checkKeyLimits(limits);
  if (limits.expiresAt && limits.expiresAt <= input.clock.now()) {
    throw new AppError("request_invalid", "The expiry must be in the future.", { param: "expiresAt" });
  }
  await requireRoom(tx, input);
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

/** A key and the one that took its place count once: a rotation always finds room. How many are in their grace, `rotateKey` bounds. */
async function requireRoom(tx: Tx, { userId, inPlaceOf }: IssueKeyInput): Promise<void> {
  // Of several who make keys for one user at once, the later ones count the key of the first.
  await lockUser(tx, userId);
  const isReplaced = inPlaceOf === undefined ? undefined : ne(apiKeys.id, inPlaceOf);
  const count = await tx.$count(
    apiKeys,
    and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt), isNull(apiKeys.replacedBy), isReplaced),
  );
  if (count >= KEYS_MAX) {
    throw new AppError(
      "conflict",
      `There are ${KEYS_MAX} keys, which is the most that one account can have. Revoke one that is not used any more.`,
    );
  }
}

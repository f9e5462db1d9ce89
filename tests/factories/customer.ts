import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import { withTransaction } from "@/db/transaction";
import type { Actor, Viewer } from "@/lib/access/viewer";
import { newBoxKeyPair } from "@/lib/crypto/sealed-box";
import { readRevealPublicKey, setRevealPublicKey } from "@/lib/keys/reveal-public-key";
import { parseUsd } from "@/lib/money/micro-usd";
import { systemClock } from "@/lib/time/clock";
import { createCustomer } from "@/lib/users/create-customer";

export const OPERATOR: Actor = { kind: "operator_cli" };
export const OPERATOR_VIEWER: Viewer = { userId: "operator_cli", username: "operator", role: "admin", via: { kind: "operator_cli" } };

export type TestCustomer = { userId: string; username: string; keyId: string; secret: string; walletLaneId: string; viewer: Viewer };

/** No password opens this account: tests that sign in give a hash of their own. */
const NO_PASSWORD = "$argon2id$none";

/** A customer of the test's own, with a wallet lane and a key. */
export async function testCustomer(
  orm: Orm,
  options: { username?: string; creditUsd?: string; passwordHash?: string } = {},
): Promise<TestCustomer> {
  const username = options.username ?? `user-${randomUUID().slice(0, 12)}`;
  const made = await withTransaction(orm, async (tx) => {
    if ((await readRevealPublicKey(tx)) === null) await setRevealPublicKey(tx, newBoxKeyPair().publicKey);
    return createCustomer(tx, {
      username,
      passwordHash: options.passwordHash ?? NO_PASSWORD,
      openingCredit: options.creditUsd === undefined ? undefined : parseUsd(options.creditUsd),
      actor: OPERATOR,
      clock: systemClock,
    });
  });
  if (!made.created) throw new Error(`${username} exists already`);
  const { userId } = made;
  const [lane] = await orm.select({ id: lanes.id }).from(lanes).where(eq(lanes.userId, userId));
  if (!lane) throw new Error("a customer without a lane");
  const viewer: Viewer = { userId, username, role: "customer", via: { kind: "api_key", keyId: made.key.id, accountRead: true } };
  return { userId, username, keyId: made.key.id, secret: made.key.secret, walletLaneId: lane.id, viewer };
}

import type { Tx } from "@/db/client";
import type { Actor } from "@/lib/access/viewer";
import { recordAudit } from "@/lib/audit/record-audit";
import { issueKey, type IssuedKey } from "@/lib/keys/issue-key";
import { openWalletLane } from "@/lib/lanes/open-wallet-lane";
import { toUsdString, type MicroUsd } from "@/lib/money/micro-usd";
import type { Clock } from "@/lib/time/clock";
import { insertUser } from "@/lib/users/insert-user";
import { adjustWallet } from "@/lib/wallet/adjust-wallet";

export type NewCustomer = {
  username: string;
  email?: string;
  /** From `hashPassword`, made before the transaction: it costs tens of milliseconds. */
  passwordHash: string;
  openingCredit?: MicroUsd;
  actor: Actor;
  clock: Clock;
};

export type CreatedCustomer =
  { created: true; userId: string; username: string; key: IssuedKey } | { created: false; userId: string; username: string };

/** A user with a wallet lane, a first API key and perhaps some credit. A username that is taken changes nothing and tells no secret. */
export async function createCustomer(tx: Tx, input: NewCustomer): Promise<CreatedCustomer> {
  const { user, created } = await insertUser(tx, {
    username: input.username,
    email: input.email ?? null,
    passwordHash: input.passwordHash,
    passwordOneTime: false,
    role: "customer",
    createdAt: input.clock.now(),
  });
  if (!created) return { created, userId: user.id, username: user.username };
  const { actor, clock } = input;
  await recordAudit(tx, {
    actor,
    action: "customer.create",
    subject: user.id,
    after: { username: user.username, email: user.email, openingCreditUsd: input.openingCredit ? toUsdString(input.openingCredit) : null },
  });
  await openWalletLane(tx, user.id);
  const key = await issueKey(tx, { userId: user.id, name: "First key", actor, clock });
  if (input.openingCredit) {
    await adjustWallet(tx, { userId: user.id, amount: input.openingCredit, note: "Opening credit", actor, idempotencyKey: "opening" });
  }
  return { created, userId: user.id, username: user.username, key };
}

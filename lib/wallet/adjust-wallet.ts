import { createHash } from "node:crypto";
import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { ledgerEntries, transfers, wallets } from "@/db/schema/ledger";
import type { Actor } from "@/lib/access/viewer";
import { actorName } from "@/lib/audit/actor-name";
import { recordAudit } from "@/lib/audit/record-audit";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { formatUsd, microUsd, toUsdString, type MicroUsd } from "@/lib/money/micro-usd";

export type Adjustment = {
  userId: string;
  /** Plus gives, minus takes. */
  amount: MicroUsd;
  note: string;
  actor: Actor;
  /** A second call with the same key does nothing; with the same key and another amount it is refused. */
  idempotencyKey?: string;
};

/** Moves money between the operator's adjustments and what is available to a user. Never takes more than that. */
export async function adjustWallet(tx: Tx, input: Adjustment): Promise<{ transferId: string; applied: boolean; available: MicroUsd }> {
  const note = input.note.trim();
  if (note === "") throw new AppError("request_invalid", "An adjustment needs a note that says why.", { param: "note" });
  if (input.amount === 0n) throw new AppError("request_invalid", "The amount must not be 0.", { param: "amount" });
  const [wallet] = await tx.select().from(wallets).where(eq(wallets.userId, input.userId)).for("no key update");
  if (!wallet) throw new AppError("not_found", "There is no such user.");

  const transferId = transferIdOf(input);
  const earlier = await findAdjusted(tx, { transferId, userId: input.userId });
  if (earlier !== null) {
    if (earlier !== input.amount) {
      throw new AppError("conflict", `This idempotency key already stands for an adjustment of ${formatUsd(earlier)}.`);
    }
    return { transferId, applied: false, available: wallet.available };
  }
  const available = microUsd(wallet.available + input.amount);
  if (input.amount < 0n && available < 0n) {
    throw new AppError(
      "conflict",
      `Only ${formatUsd(wallet.available)} is available: ${formatUsd(microUsd(-input.amount))} cannot be taken.`,
    );
  }
  await tx.insert(transfers).values({ id: transferId, kind: "adjustment", userId: input.userId, note, actor: actorName(input.actor) });
  await tx.insert(ledgerEntries).values([
    { transferId, accountId: `available:${input.userId}`, amount: input.amount },
    { transferId, accountId: "adjustments", amount: microUsd(-input.amount) },
  ]);
  await recordAudit(tx, {
    actor: input.actor,
    action: "wallet.adjust",
    subject: input.userId,
    before: { availableUsd: toUsdString(wallet.available) },
    after: { availableUsd: toUsdString(available), transferId },
    note,
  });
  return { transferId, applied: true, available };
}

/** Derived from the idempotency key: writing the same adjustment twice is a conflict of ids, not a second payment. */
function transferIdOf(input: Adjustment): string {
  if (input.idempotencyKey === undefined) return newId("tr");
  const digest = createHash("sha256").update(`${input.userId}\0${input.idempotencyKey}`).digest("hex");
  return `tr_adjustment_${digest.slice(0, 32)}`;
}

async function findAdjusted(tx: Tx, input: { transferId: string; userId: string }): Promise<MicroUsd | null> {
  const [entry] = await tx
    .select({ amount: ledgerEntries.amount })
    .from(ledgerEntries)
    .where(and(eq(ledgerEntries.transferId, input.transferId), eq(ledgerEntries.accountId, `available:${input.userId}`)));
  return entry?.amount ?? null;
}

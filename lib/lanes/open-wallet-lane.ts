import type { Tx } from "@/db/client";
import { lanes } from "@/db/schema/lanes";
import { newId } from "@/lib/ids/ids";

/** The first lane of every customer, from which on requests can be answered. Only for who has none yet. */
export async function openWalletLane(tx: Tx, userId: string): Promise<void> {
  await tx.insert(lanes).values({ id: newId("lane"), userId, kind: "wallet", position: 1, label: "Wallet" });
}

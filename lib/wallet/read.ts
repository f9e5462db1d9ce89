import { eq } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { wallets } from "@/db/schema/ledger";
import { requireSight } from "@/lib/access/require-sight";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { toUsdString } from "@/lib/money/micro-usd";

export type WalletView = {
  availableUsd: string;
  /** Reserved by requests that are running. */
  heldUsd: string;
};

export async function readWallet(reader: Reader, viewer: Viewer, input: { userId: string }): Promise<WalletView> {
  requireSight(viewer, input.userId);
  const [wallet] = await reader.select().from(wallets).where(eq(wallets.userId, input.userId));
  if (!wallet) throw new AppError("not_found", "There is no such wallet.");
  return { availableUsd: toUsdString(wallet.available), heldUsd: toUsdString(wallet.held) };
}

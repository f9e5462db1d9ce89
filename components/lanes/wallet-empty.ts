import { parseUsd } from "@/lib/money/micro-usd";

/** A wallet lane is open as long as nothing closes it, but it answers for nobody whose wallet is empty. */
export function isEmpty(wallet: { availableUsd: string }): boolean {
  return parseUsd(wallet.availableUsd) <= 0n;
}

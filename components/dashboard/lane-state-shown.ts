import type { LaneView } from "@/lib/lanes/read";
import { parseUsd } from "@/lib/money/micro-usd";

export type LaneStateShown = LaneView["state"] | "empty";

/** A wallet lane is open as long as nothing closes it, but it answers for nobody whose wallet is empty. */
export function laneStateShown({ kind, state }: Pick<LaneView, "kind" | "state">, wallet: { availableUsd: string }): LaneStateShown {
  return kind === "wallet" && state === "ready" && isEmpty(wallet) ? "empty" : state;
}

export function isEmpty(wallet: { availableUsd: string }): boolean {
  return parseUsd(wallet.availableUsd) <= 0n;
}

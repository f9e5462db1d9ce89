import type { MicroUsd } from "@/lib/money/micro-usd";

/** How long `left` lasts when `spent` goes in every `windowMs`; null: nothing is left, or nothing is spent. */
export function lastsMs(left: MicroUsd, { spent, windowMs }: { spent: MicroUsd; windowMs: number }): number | null {
  return left > 0n && spent > 0n ? Number((left * BigInt(windowMs)) / spent) : null;
}

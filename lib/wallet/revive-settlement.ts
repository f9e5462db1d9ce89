import { fromDb } from "@/lib/money/micro-usd";
import type { OwnedSettlement } from "@/lib/wallet/settle-requests";

/** A settlement that was kept as JSON, where money stands as decimal strings. */
export function reviveSettlement(text: string): OwnedSettlement {
  const item = JSON.parse(text) as OwnedSettlement;
  const holds = item.holds.map((hold) => ({ ...hold, cost: fromDb(hold.cost), providerCost: fromDb(hold.providerCost) }));
  return { ...item, holds };
}

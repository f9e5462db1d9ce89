import type { LowBudgets } from "@/components/keys/low-budget-note";
import type { KeyBudgets, KeyLimits } from "@/lib/keys/key-limits";
import { leastHoldOf, lowBudgets } from "@/lib/keys/low-budgets";
import { toUsdString } from "@/lib/money/micro-usd";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import { runtime } from "@/lib/runtime/runtime";

/** What a key's requests hold of the wallet at the least by the price book of this moment, and which of its budgets do not reach. */
export async function lowBudgetsOf(
  limits: KeyBudgets & Pick<KeyLimits, "models" | "outputTokensMax">,
): Promise<{ leastHoldUsd: string | null; lowBudgets: LowBudgets | null }> {
  const leastHold = leastHoldOf(limits, await listCurrentPrices(runtime().db.orm));
  if (leastHold === null) return { leastHoldUsd: null, lowBudgets: null };
  const leastHoldUsd = toUsdString(leastHold);
  const periods = lowBudgets(limits, leastHold);
  return { leastHoldUsd, lowBudgets: periods.length === 0 ? null : { periods, leastHoldUsd } };
}

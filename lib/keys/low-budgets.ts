import type { KeyBudgets, KeyLimits } from "@/lib/keys/key-limits";
import type { MicroUsd } from "@/lib/money/micro-usd";
import type { Price } from "@/lib/pricing/price-type";
import { leastAnswerAmount } from "@/lib/pricing/quote";

export type BudgetPeriod = "day" | "week" | "month";

/** What a request of the key holds of the wallet at the least: for the cheapest model that it may use. Null: none of them is sold. */
export function leastHoldOf(limits: Pick<KeyLimits, "models" | "outputTokensMax">, prices: readonly Price[]): MicroUsd | null {
  const amounts = prices
    .filter(({ model }) => limits.models?.includes(model) ?? true)
    .map((price) => leastAnswerAmount({ price, outputTokensCap: limits.outputTokensMax }));
  return amounts.reduce<MicroUsd | null>((least, amount) => (least === null || amount < least ? amount : least), null);
}

/** Budgets under which hardly any request is let in. One of zero is meant to let none in; the hold itself leaves nothing for the input. */
export function lowBudgets(budgets: KeyBudgets, leastHold: MicroUsd | null): BudgetPeriod[] {
  const isLow = (budget: MicroUsd | null) => budget !== null && leastHold !== null && budget > 0n && budget <= leastHold;
  const periods = { day: budgets.budgetDay, week: budgets.budgetWeek, month: budgets.budgetMonth };
  return (["day", "week", "month"] as const).filter((period) => isLow(periods[period]));
}

import { Callout } from "@/components/ui/callout";
import { Money } from "@/components/ui/money";
import type { BudgetPeriod } from "@/lib/keys/low-budgets";

export type LowBudgets = { periods: readonly BudgetPeriod[]; leastHoldUsd: string };

/** A warning, no refusal: short answers may be all that the key is for. */
export function LowBudgetNote({ periods, leastHoldUsd }: LowBudgets) {
  return (
    <Callout tone="warn" title={`The budget per ${periods.join(" and per ")} pays for hardly anything`}>
      Before a request is sent, it holds the most that it can cost: at least <Money usd={leastHoldUsd} /> for the answer, and its input.
      With a budget of no more than that, only requests fit that ask for a short answer themselves, with max_output_tokens.
    </Callout>
  );
}

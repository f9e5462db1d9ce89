import { microUsd, ZERO_USD, type MicroUsd } from "@/lib/money/micro-usd";

/*
 * Two ways to pay for the same month of work. The meter: every token at its price, as on the bill. A plan: its price and the
 * platform's fee, and the meter for what the plan does not answer. What a plan can answer at all is the smaller of two amounts: the
 * share of the bill that is the kind of work that a Codex lane does, and what its windows leave room for.
 */

export type TierTerms = { id: string; name: string; price: MicroUsd; covers: MicroUsd };

export type CalculatorTerms = {
  /** A month of OpenAI's API, as billed. */
  bill: MicroUsd;
  /** Whole percent of the bill that a Codex lane could answer. */
  sharePercent: number;
  /** The platform's, per month. */
  fee: MicroUsd;
  tiers: readonly TierTerms[];
};

export type TierOutcome = {
  id: string;
  name: string;
  /** Worth of the bill that the plan answers. */
  answered: MicroUsd;
  /** Worth of the bill that stays on the meter. */
  metered: MicroUsd;
  /** Price, fee and meter. */
  total: MicroUsd;
  /** What the meter alone costs more; below zero, what it costs less. */
  saving: MicroUsd;
  /** The least monthly bill at which this plan costs no more than the meter; null: at none, since it answers less than it costs. */
  breakEven: MicroUsd | null;
};

export type Comparison = {
  tiers: TierOutcome[];
  /** The tier that costs least; null: none costs less than the meter, which is then the better choice. */
  best: TierOutcome | null;
};

const WHOLE = 100n;

export function comparePlans(terms: CalculatorTerms): Comparison {
  const tiers = terms.tiers.map((tier) => outcomeOf(tier, terms));
  const best = tiers.reduce<TierOutcome | null>((found, tier) => (tier.saving > (found?.saving ?? ZERO_USD) ? tier : found), null);
  return { tiers, best };
}

function outcomeOf(tier: TierTerms, { bill, sharePercent, fee }: CalculatorTerms): TierOutcome {
  const share = BigInt(sharePercent);
  // Down: a plan is not credited with a fraction of a micro-dollar that it does not answer.
  const suitable = (bill * share) / WHOLE;
  const answered = microUsd(suitable < tier.covers ? suitable : tier.covers);
  const fixed = tier.price + fee;
  const metered = microUsd(bill - answered);
  const reachable = share > 0n && tier.covers >= fixed;
  return {
    id: tier.id,
    name: tier.name,
    answered,
    metered,
    total: microUsd(fixed + metered),
    saving: microUsd(answered - fixed),
    // Up: at a micro-dollar less, the plan would cost more than the meter.
    breakEven: reachable ? microUsd((fixed * WHOLE + share - 1n) / share) : null,
  };
}

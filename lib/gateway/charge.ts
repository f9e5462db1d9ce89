import { microUsd, ZERO_USD, type MicroUsd } from "@/lib/money/micro-usd";
import { cost } from "@/lib/pricing/cost";
import { NO_USAGE, type Usage, type UsageReading } from "@/lib/openai/usage-type";
import type { Price, Quote } from "@/lib/pricing/price-type";

/** The money of one hold. `loss`: what the hold did not cover of the real price; the operator's, and alarmed. */
export type Charge = { cost: MicroUsd; providerCost: MicroUsd; estimated: boolean; usage: Usage; loss: MicroUsd };

export type ChargeInput = {
  price: Price;
  quote: Quote;
  amountHeld: MicroUsd;
  reading: UsageReading | null;
  webSearchCalls: number;
  /** Upstream took the body: it answered with a success status. */
  accepted: boolean;
  /** Upstream itself said that it failed; it bills nothing for that, and neither do we beyond what the client was given. */
  upstreamFailed: boolean;
  /** A model byte reached the client. */
  contentSeen: boolean;
  outputTokensSeen: number;
};

/**
 * What a finished or broken attempt costs. Reported usage counts. Without it: nothing when upstream refused, its quoted input
 * when it had taken the body, and the output that was seen on top; both are flagged as estimated.
 */
export function charge(input: ChargeInput): Charge {
  const { price, reading } = input;
  if (reading) {
    const real = cost(reading.usage, input.webSearchCalls, price.sell);
    return {
      cost: min(real, input.amountHeld),
      providerCost: cost(reading.usage, input.webSearchCalls, price.cost),
      estimated: false,
      usage: reading.usage,
      loss: max(microUsd(real - input.amountHeld), ZERO_USD),
    };
  }
  if (!input.accepted || (input.upstreamFailed && !input.contentSeen)) {
    return { cost: ZERO_USD, providerCost: ZERO_USD, estimated: false, usage: NO_USAGE, loss: ZERO_USD };
  }
  const usage: Usage = { ...NO_USAGE, freshInputTokens: input.quote.inputTokensMax, outputTokens: input.outputTokensSeen };
  const seen: Usage = { ...NO_USAGE, outputTokens: input.outputTokensSeen };
  const estimate = microUsd(input.quote.inputAmount + cost(seen, input.webSearchCalls, price.sell));
  return {
    cost: min(estimate, input.amountHeld),
    providerCost: cost(usage, input.webSearchCalls, price.cost),
    estimated: true,
    usage,
    loss: ZERO_USD,
  };
}

/** An attempt that may have been read upstream and brought no answer: free for the customer, the operator's possible loss. */
export function ambiguousCost(price: Price, quote: Quote): MicroUsd {
  return cost({ ...NO_USAGE, freshInputTokens: quote.inputTokensMax }, 0, price.cost);
}

function min(a: MicroUsd, b: MicroUsd): MicroUsd {
  return a < b ? a : b;
}

function max(a: MicroUsd, b: MicroUsd): MicroUsd {
  return a > b ? a : b;
}

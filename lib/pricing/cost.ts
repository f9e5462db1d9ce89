import { microUsd } from "@/lib/money/micro-usd";
import type { MicroUsd } from "@/lib/money/micro-usd";
import type { Usage } from "@/lib/openai/usage-type";
import type { Rates } from "@/lib/pricing/price-type";

/** Rates are per this many tokens. */
const TOKENS_PER_RATE = 1_000_000n;

/** What a request costs at these rates. Products are summed exactly; the one division rounds up to the micro-dollar. */
export function cost(usage: Usage, webSearchCalls: number, rates: Rates): MicroUsd {
  return roundUp(
    BigInt(usage.freshInputTokens) * rates.input +
      BigInt(usage.cachedInputTokens) * rates.cachedInput +
      BigInt(usage.cacheWriteTokens) * rates.cacheWrite +
      BigInt(usage.outputTokens) * rates.output +
      webSearchScaled(webSearchCalls, rates),
  );
}

/** Price of the calls in millionths of a micro-dollar, to be summed with token products before the one division. */
export function webSearchScaled(calls: number, rates: Rates): bigint {
  return BigInt(calls) * (rates.webSearchCall ?? 0n) * TOKENS_PER_RATE;
}

/** Millionths of a micro-dollar to micro-dollars, upwards; never negative. */
export function roundUp(scaled: bigint): MicroUsd {
  return microUsd((scaled + TOKENS_PER_RATE - 1n) / TOKENS_PER_RATE);
}

export function scale(amount: MicroUsd): bigint {
  return amount * TOKENS_PER_RATE;
}

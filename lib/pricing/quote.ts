import { roundUp, scale, webSearchScaled } from "@/lib/pricing/cost";
import type { MicroUsd } from "@/lib/money/micro-usd";
import type { RequestFacts } from "@/lib/openai/request-facts";
import type { Price, Quote, Rates } from "@/lib/pricing/price-type";

export type QuoteInput = {
  facts: RequestFacts;
  price: Price;
  /** The key's own ceiling for one answer. */
  outputTokensCap: number;
  webSearchCallsMax: number;
};

/** Below this an answer is not worth starting: the wallet counts as empty. */
const OUTPUT_TOKENS_FLOOR = 4_000;

/** Search results are read by the model as input; what one call may add at the most. */
const WEB_SEARCH_INPUT_TOKENS_MAX = 8_000;

/**
 * The most that the request can cost. A token is never less than one byte, so the body's bytes bound its text; images
 * count at the model's maximum instead of their bytes. All input is taken at the dearest of the input rates, because
 * upstream decides what it finds in its cache. Rounded up once.
 */
export function quote(input: QuoteInput): Quote {
  const { price } = input;
  const calls = webSearchCalls(input);
  const inputTokensMax = inputBound(input, calls);
  const outputTokensMax = outputBound(input);
  const inputScaled = BigInt(inputTokensMax) * dearestInput(price.sell);
  return {
    priceId: price.id,
    inputTokensMax,
    outputTokensMax,
    webSearchCallsMax: calls,
    // Searches that are never made cost nothing: what an interrupted request is charged at the least is its own input.
    inputAmount: roundUp(BigInt(inputBound(input, 0)) * dearestInput(price.sell)),
    amount: roundUp(inputScaled + BigInt(outputTokensMax) * price.sell.output + webSearchScaled(calls, price.sell)),
  };
}

/** The least that must be available for the request to be served at all, with the shortest answer that is worth starting. */
export function leastAmount(input: QuoteInput): MicroUsd {
  return quote({ ...input, outputTokensCap: Math.min(input.outputTokensCap, OUTPUT_TOKENS_FLOOR) }).amount;
}

/** What every request to the model holds at the least beside its input, unless it asks for a shorter answer itself. */
export function leastAnswerAmount({ price, outputTokensCap }: Pick<QuoteInput, "price" | "outputTokensCap">): MicroUsd {
  return roundUp(BigInt(Math.min(OUTPUT_TOKENS_FLOOR, outputTokensCap, price.outputTokensMax)) * price.sell.output);
}

/**
 * The longest answer that `available` covers beside the input, as a new `outputTokensCap` for the same request: the
 * quote made with it is never above `available`. Null when that is less than the request needs and below the floor.
 */
export function affordableOutput(available: MicroUsd, input: QuoteInput, floorTokens: number = OUTPUT_TOKENS_FLOOR): number | null {
  const { price, facts } = input;
  const calls = webSearchCalls(input);
  const rest = scale(available) - BigInt(inputBound(input, calls)) * dearestInput(price.sell) - webSearchScaled(calls, price.sell);
  if (rest < 0n) return null;
  const wanted = outputBound(input) / facts.n;
  const perToken = price.sell.output * BigInt(facts.n);
  const affordable = perToken === 0n || rest / perToken > BigInt(wanted) ? wanted : Number(rest / perToken);
  return affordable >= Math.min(floorTokens, wanted) ? affordable : null;
}

function webSearchCalls({ facts, price, webSearchCallsMax }: QuoteInput): number {
  if (facts.webSearchTools.length === 0 || price.sell.webSearchCall === null) return 0;
  return Math.min(webSearchCallsMax, facts.maxToolCalls ?? webSearchCallsMax);
}

function inputBound({ facts, price }: QuoteInput, calls: number): number {
  return facts.bodyBytes - facts.imageDataBytes + facts.imagesCount * price.imageTokensMax + calls * WEB_SEARCH_INPUT_TOKENS_MAX;
}

function outputBound({ facts, price, outputTokensCap }: QuoteInput): number {
  return Math.min(facts.outputTokensMax ?? Infinity, outputTokensCap, price.outputTokensMax) * facts.n;
}

function dearestInput(rates: Rates): bigint {
  return [rates.cachedInput, rates.cacheWrite].reduce((most, rate) => (rate > most ? rate : most), rates.input);
}

import type { MicroUsd, MicroUsdPerMillion } from "@/lib/money/micro-usd";

/** One direction of a price row: what we sell for, or what the provider charges us. */
export type Rates = {
  input: MicroUsdPerMillion;
  cachedInput: MicroUsdPerMillion;
  cacheWrite: MicroUsdPerMillion;
  output: MicroUsdPerMillion;
  /** Per call of the hosted `web_search` tool; null: not sold, the tool is taken out on wallet lanes. */
  webSearchCall: MicroUsd | null;
};

/** One version of one model's row in the price book. Rows are never changed; a new version is added. */
export type Price = {
  id: string;
  model: string;
  version: number;
  sell: Rates;
  cost: Rates;
  /** The model's own ceiling for one answer, in tokens. */
  outputTokensMax: number;
  /** What one image may cost at the most, in input tokens. */
  imageTokensMax: number;
};

/** The worst case of one request, computed before it is sent. */
export type Quote = {
  priceId: string;
  inputTokensMax: number;
  outputTokensMax: number;
  webSearchCallsMax: number;
  /** The part of `amount` that the input alone can cost: the least an accepted request is charged when usage is lost. */
  inputAmount: MicroUsd;
  amount: MicroUsd;
};

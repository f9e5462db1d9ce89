import { prices } from "@/db/schema/providers";
import type { Tx } from "@/db/client";
import type { Actor } from "@/lib/access/viewer";
import { rate } from "@/lib/money/micro-usd";
import type { Rates } from "@/lib/pricing/price-type";
import { setPrice } from "@/lib/providers/set-price";

/** The models of the Codex CLI's own catalogue. */
const MODELS = [
  "gpt-5.5",
  "gpt-5.6-luna",
  "gpt-5.6-sol",
  "gpt-5.6-terra",
  "gpt-6-astra",
  "gpt-6-luna",
  "gpt-6-sol",
  "gpt-6.1-sol",
  "gpt-6.1-terra",
  "codex-auto-review",
  "gpt-daybreak-blue-latest",
  "gpt-daybreak-red-latest",
];

/**
 * $5 input, $0.50 cached input, cache write as input, $30 output per million tokens. The hosted web search is not sold until an
 * operator prices it: what its results add to the input is the upstream's choice, so a hold can bound it only as far as the
 * operator knows that upstream.
 */
const DEFAULT_RATES: Rates = {
  input: rate(5_000_000n),
  cachedInput: rate(500_000n),
  cacheWrite: rate(5_000_000n),
  output: rate(30_000_000n),
  webSearchCall: null,
};

export const OUTPUT_TOKENS_MAX = 128_000;

/**
 * 10,000 patches of 32 pixels: the ceiling at `detail: "original"` that the Codex CLI's source (`ORIGINAL_IMAGE_MAX_PATCHES`) takes
 * from OpenAI's guide "Images and vision", section "Model sizing behavior". Times 1.2 tokens per patch, which is not published but
 * was measured for gpt-5.2 on OpenAI's developer forum; newer models may differ, and the price row is where to say so.
 */
export const IMAGE_TOKENS_MAX = 12_000;

/** Gives every model of the catalogue that was never priced the default rate. Prices that stand, retired ones too, are left alone. */
export async function seedPrices(tx: Tx, input: { actor: Actor }): Promise<void> {
  const priced = await tx.selectDistinct({ model: prices.model }).from(prices);
  const known = new Set(priced.map((row) => row.model));
  for (const model of MODELS.filter((name) => !known.has(name))) {
    const price = { model, sell: DEFAULT_RATES, cost: DEFAULT_RATES, outputTokensMax: OUTPUT_TOKENS_MAX, imageTokensMax: IMAGE_TOKENS_MAX };
    await setPrice(tx, { price, actor: input.actor });
  }
}

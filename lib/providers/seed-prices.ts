import { prices } from "@/db/schema/providers";
import type { Tx } from "@/db/client";
import type { Actor } from "@/lib/access/viewer";
import { microUsd, rate } from "@/lib/money/micro-usd";
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

/** $5 input, $0.50 cached input, cache write as input, $30 output per million tokens; $10 per thousand web searches. */
const DEFAULT_RATES: Rates = {
  input: rate(5_000_000n),
  cachedInput: rate(500_000n),
  cacheWrite: rate(5_000_000n),
  output: rate(30_000_000n),
  webSearchCall: microUsd(10_000n),
};

export const OUTPUT_TOKENS_MAX = 128_000;

/**
 * OpenAI's guide "Images and vision", section "Model sizing behavior": an image at `detail: "original"` is cut into patches of
 * 32 pixels and scaled down to 10,000 patches at the most. Models count a patch as up to 1.2 tokens.
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

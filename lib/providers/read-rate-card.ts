import type { Reader } from "@/db/client";
import { microUsd, toUsdString, type MicroUsd } from "@/lib/money/micro-usd";
import { listCurrentPrices } from "@/lib/providers/read-prices";

/** Models that are sold at the same rates. US dollars per one million tokens, as exact decimal strings. */
export type RateCardRow = {
  models: string[];
  inputUsd: string;
  cachedInputUsd: string;
  cacheWriteUsd: string;
  outputUsd: string;
  /** Per call; null: not sold. */
  webSearchCallUsd: string | null;
};

/** What the wallet costs, for everyone: never what the operator pays. The rates of the most models come first. */
export async function readRateCard(reader: Reader): Promise<RateCardRow[]> {
  const rows = new Map<string, RateCardRow>();
  for (const { model, sell } of await listCurrentPrices(reader)) {
    const usd = (value: bigint) => toUsdString(microUsd(value));
    const rates = {
      inputUsd: usd(sell.input),
      cachedInputUsd: usd(sell.cachedInput),
      cacheWriteUsd: usd(sell.cacheWrite),
      outputUsd: usd(sell.output),
      webSearchCallUsd: sell.webSearchCall === null ? null : toUsdString(sell.webSearchCall satisfies MicroUsd),
    };
    const key = JSON.stringify(rates);
    const row = rows.get(key);
    if (row) row.models.push(model);
    else rows.set(key, { models: [model], ...rates });
  }
  return [...rows.values()].toSorted((one, other) => other.models.length - one.models.length);
}

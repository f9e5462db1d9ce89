import { asc, desc } from "drizzle-orm";
import type { Reader } from "@/db/client";
import { prices } from "@/db/schema/providers";
import { microUsd, toUsdString, type MicroUsdPerMillion } from "@/lib/money/micro-usd";
import type { Price, Rates } from "@/lib/pricing/price-type";

type PriceRow = typeof prices.$inferSelect;

type RatesView = {
  /** Dollars per one million tokens. */
  inputUsd: string;
  cachedInputUsd: string;
  cacheWriteUsd: string;
  outputUsd: string;
  /** Dollars per call; null: not sold. */
  webSearchCallUsd: string | null;
};

export type PriceView = {
  id: string;
  model: string;
  version: number;
  sell: RatesView;
  cost: RatesView;
  outputTokensMax: number;
  imageTokensMax: number;
  createdAt: string;
};

/** What is sold: the newest version of every model whose newest version is not retired. */
export async function listCurrentPrices(reader: Reader): Promise<Price[]> {
  return (await selectCurrent(reader)).map(toPrice);
}

/** The public price list with what the operator pays; for admins. */
export async function listPrices(reader: Reader): Promise<PriceView[]> {
  return (await selectCurrent(reader)).map((row) => {
    const price = toPrice(row);
    return {
      id: price.id,
      model: price.model,
      version: price.version,
      sell: toRatesView(price.sell),
      cost: toRatesView(price.cost),
      outputTokensMax: price.outputTokensMax,
      imageTokensMax: price.imageTokensMax,
      createdAt: row.createdAt.toISOString(),
    };
  });
}

export function toPrice(row: PriceRow): Price {
  return {
    id: row.id,
    model: row.model,
    version: row.version,
    sell: {
      input: row.input,
      cachedInput: row.cachedInput,
      cacheWrite: row.cacheWrite,
      output: row.output,
      webSearchCall: row.webSearchCall,
    },
    cost: {
      input: row.costInput,
      cachedInput: row.costCachedInput,
      cacheWrite: row.costCacheWrite,
      output: row.costOutput,
      webSearchCall: row.costWebSearchCall,
    },
    outputTokensMax: row.outputTokensMax,
    imageTokensMax: row.imageTokensMax,
  };
}

async function selectCurrent(reader: Reader): Promise<PriceRow[]> {
  const rows = await reader.selectDistinctOn([prices.model]).from(prices).orderBy(asc(prices.model), desc(prices.version));
  return rows.filter((row) => !row.retired);
}

function toRatesView(rates: Rates): RatesView {
  return {
    inputUsd: rateUsd(rates.input),
    cachedInputUsd: rateUsd(rates.cachedInput),
    cacheWriteUsd: rateUsd(rates.cacheWrite),
    outputUsd: rateUsd(rates.output),
    webSearchCallUsd: rates.webSearchCall === null ? null : toUsdString(rates.webSearchCall),
  };
}

/** Micro-dollars per million tokens read as micro-dollars: the price of one million tokens. */
function rateUsd(value: MicroUsdPerMillion): string {
  return toUsdString(microUsd(value));
}

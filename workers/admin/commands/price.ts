import type { Command } from "commander";
import { rate, type MicroUsd, type MicroUsdPerMillion } from "@/lib/money/micro-usd";
import type { Price, Rates } from "@/lib/pricing/price-type";
import { listCurrentPrices, listPrices, type PriceView } from "@/lib/providers/read-prices";
import { IMAGE_TOKENS_MAX, OUTPUT_TOKENS_MAX } from "@/lib/providers/seed-prices";
import { retirePrice, setPrice, type NewPrice } from "@/lib/providers/set-price";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { noneToNull, notNegativeUsdOption, orNone, wholeNumberOption, type None } from "@/workers/admin/parse-option";
import { table } from "@/workers/admin/table";
import { OperatorError } from "@/workers/shared/operator-error";

type SetOptions = {
  model: string;
  inputUsd?: MicroUsd;
  cachedInputUsd?: MicroUsd;
  cacheWriteUsd?: MicroUsd;
  outputUsd?: MicroUsd;
  webSearchCallUsd?: MicroUsd | None;
  costInputUsd?: MicroUsd;
  costCachedInputUsd?: MicroUsd;
  costCacheWriteUsd?: MicroUsd;
  costOutputUsd?: MicroUsd;
  costWebSearchCallUsd?: MicroUsd | None;
  outputTokensMax?: number;
  imageTokensMax?: number;
};

const RATES = ["input", "cached", "write", "output", "search"];

type RateOptions = { input?: MicroUsd; cachedInput?: MicroUsd; cacheWrite?: MicroUsd; output?: MicroUsd; webSearchCall?: MicroUsd | null };

export function addPriceCommands(root: Command): void {
  const price = root.command("price").description("The price book: what models are sold for, and what they cost");
  addCommand(price, {
    name: "set",
    description: "add a version of a model's price; what is not named stays as it was",
    options: (command) =>
      command
        .requiredOption("--model <model>", "as clients name it")
        .option("--input-usd <amount>", "sold for, per million fresh input tokens", notNegativeUsdOption)
        .option("--cached-input-usd <amount>", "per million cached input tokens", notNegativeUsdOption)
        .option("--cache-write-usd <amount>", "per million tokens written to the cache; as input when new", notNegativeUsdOption)
        .option("--output-usd <amount>", "per million output tokens", notNegativeUsdOption)
        .option("--web-search-call-usd <amount>", "per call of hosted web search, or none: not sold", orNone(notNegativeUsdOption))
        .option("--cost-input-usd <amount>", "what the provider charges for the same", notNegativeUsdOption)
        .option("--cost-cached-input-usd <amount>", "", notNegativeUsdOption)
        .option("--cost-cache-write-usd <amount>", "", notNegativeUsdOption)
        .option("--cost-output-usd <amount>", "", notNegativeUsdOption)
        .option("--cost-web-search-call-usd <amount>", "", orNone(notNegativeUsdOption))
        .option("--output-tokens-max <count>", `the model's longest answer; ${OUTPUT_TOKENS_MAX} when new`, wholeNumberOption)
        .option("--image-tokens-max <count>", `the dearest image in input tokens; ${IMAGE_TOKENS_MAX} when new`, wholeNumberOption),
    run: set,
  });
  addCommand(price, { name: "list", description: "current prices, per million tokens", run: listAll });
  addCommand(price, {
    name: "retire",
    description: "stop selling a model",
    options: (command) => command.requiredOption("--model <model>", "as clients name it"),
    run: retire,
  });
}

async function set(office: Office, options: SetOptions): Promise<Output> {
  const current = (await listCurrentPrices(office.database.orm)).find((price) => price.model === options.model);
  const price = merge(options, current);
  const { changed } = await office.transact((tx) => setPrice(tx, { price, actor: office.actor }));
  const view = (await listPrices(office.database.orm)).filter((row) => row.model === options.model);
  return { json: { changed, ...view[0] }, text: priceTable(view) };
}

async function listAll(office: Office): Promise<Output> {
  const prices = await listPrices(office.database.orm);
  return { json: prices, text: priceTable(prices) };
}

async function retire(office: Office, options: { model: string }): Promise<Output> {
  const { changed } = await office.transact((tx) => retirePrice(tx, { model: options.model, actor: office.actor }));
  return { json: { model: options.model, changed }, text: `${options.model} ${changed ? "is" : "was"} no longer sold.` };
}

function merge(options: SetOptions, current: Price | undefined): NewPrice {
  const sell: RateOptions = {
    input: options.inputUsd,
    cachedInput: options.cachedInputUsd,
    cacheWrite: options.cacheWriteUsd,
    output: options.outputUsd,
    webSearchCall: noneToNull(options.webSearchCallUsd),
  };
  const cost: RateOptions = {
    input: options.costInputUsd,
    cachedInput: options.costCachedInputUsd,
    cacheWrite: options.costCacheWriteUsd,
    output: options.costOutputUsd,
    webSearchCall: noneToNull(options.costWebSearchCallUsd),
  };
  return {
    model: options.model,
    sell: mergeRates(sell, current?.sell, "--"),
    cost: mergeRates(cost, current?.cost, "--cost-"),
    outputTokensMax: options.outputTokensMax ?? current?.outputTokensMax ?? OUTPUT_TOKENS_MAX,
    imageTokensMax: options.imageTokensMax ?? current?.imageTokensMax ?? IMAGE_TOKENS_MAX,
  };
}

function mergeRates(given: RateOptions, current: Rates | undefined, prefix: string): Rates {
  const pick = (option: string, value: MicroUsd | undefined, otherwise: MicroUsdPerMillion | undefined): MicroUsdPerMillion => {
    const picked = value === undefined ? otherwise : rate(value);
    if (picked === undefined)
      throw new OperatorError(`A new model needs ${prefix}${option}-usd: it is sold only with both its price and its cost.`);
    return picked;
  };
  const input = pick("input", given.input, current?.input);
  return {
    input,
    cachedInput: pick("cached-input", given.cachedInput, current?.cachedInput),
    cacheWrite: pick("cache-write", given.cacheWrite, current?.cacheWrite ?? input),
    output: pick("output", given.output, current?.output),
    webSearchCall: given.webSearchCall === undefined ? (current?.webSearchCall ?? null) : given.webSearchCall,
  };
}

function priceTable(prices: readonly PriceView[]): string {
  return `USD per 1M tokens; web search: USD per call.\n\n${table(
    ["model", "version", ...["sold", "costs"].flatMap((side) => RATES.map((name) => `${side}: ${name}`))],
    prices.map(({ model, version, sell, cost }) => [
      model,
      version,
      sell.inputUsd,
      sell.cachedInputUsd,
      sell.cacheWriteUsd,
      sell.outputUsd,
      sell.webSearchCallUsd,
      cost.inputUsd,
      cost.cachedInputUsd,
      cost.cacheWriteUsd,
      cost.outputUsd,
      cost.webSearchCallUsd,
    ]),
    "No prices.",
  )}`;
}

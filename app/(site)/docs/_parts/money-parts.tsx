import type { MDXComponents } from "mdx/types";
import { Fragment } from "react";
import type { DocsValues } from "@/app/(site)/docs/_parts/docs-values";
import { DataTable, type Column } from "@/components/ui/data-table";
import { formatUsd, microUsd, parseUsd, type MicroUsd } from "@/lib/money/micro-usd";
import { scanBody } from "@/lib/openai/json-scan";
import { readFacts } from "@/lib/openai/request-facts";
import { NO_USAGE, type Usage } from "@/lib/openai/usage-type";
import { cost } from "@/lib/pricing/cost";
import type { Price } from "@/lib/pricing/price-type";
import { affordableOutput, quote } from "@/lib/pricing/quote";
import type { RateCardRow } from "@/lib/providers/read-rate-card";

type Rate = keyof Pick<Price["sell"], "input" | "cachedInput" | "cacheWrite" | "output">;
type Tokens = { input?: number; cachedInput?: number; cacheWrite?: number; output?: number };

const FIELD: Record<Rate, keyof Usage> = {
  input: "freshInputTokens",
  cachedInput: "cachedInputTokens",
  cacheWrite: "cacheWriteTokens",
  output: "outputTokens",
};
const NAME: Record<Rate, string> = { input: "Fresh input", cachedInput: "Cached input", cacheWrite: "Cache write", output: "Output" };
const RATES: readonly Rate[] = ["input", "cachedInput", "cacheWrite", "output"];

const RATE_COLUMNS: readonly Column<RateCardRow>[] = [
  {
    name: "Models",
    narrow: { line: 1 },
    cell: ({ models }) => <Models models={models} />,
  },
  { name: "Fresh input", numeric: true, narrow: { line: 2, label: "input" }, cell: ({ inputUsd }) => shown(inputUsd) },
  { name: "Cached", numeric: true, narrow: { line: 2, label: "cached" }, cell: ({ cachedInputUsd }) => shown(cachedInputUsd) },
  { name: "Cache write", numeric: true, narrow: { line: 2, label: "cache write" }, cell: ({ cacheWriteUsd }) => shown(cacheWriteUsd) },
  { name: "Output", numeric: true, narrow: { line: 2, label: "output" }, cell: ({ outputUsd }) => shown(outputUsd) },
  {
    name: "Web search, per call",
    numeric: true,
    narrow: { line: 3, label: "web search, per call" },
    cell: ({ webSearchCallUsd }) => (webSearchCallUsd === null ? "not sold" : shown(webSearchCallUsd)),
  },
];

function Models({ models }: { models: readonly string[] }) {
  return (
    <span>
      {models.map((model, index) => (
        <Fragment key={model}>
          {index > 0 && ", "}
          <code>{model}</code>
        </Fragment>
      ))}
    </span>
  );
}

function shown(usd: string): string {
  return formatUsd(parseUsd(usd));
}

/** Worked examples and rates: computed by the code that charges, with the prices that stand in the price book now. */
export function moneyParts({ prices, rates, model }: DocsValues): MDXComponents {
  const price = prices.find((entry) => entry.model === model) ?? null;
  return {
    RateTable: () => (
      <DataTable
        caption="Wallet rates in US dollars per million tokens"
        rows={rates}
        rowKey={({ models }) => models.join()}
        columns={RATE_COLUMNS}
      />
    ),
    RateOf: ({ of }: { of: Rate }) => (price ? perMillion(price, of) : "a rate that is not set"),
    CostExample: (tokens: Tokens) => (price ? <CostExample price={price} tokens={tokens} /> : <NothingSold />),
    HoldExample: ({
      question,
      outputTokensMax,
      keyOutputTokensMax,
    }: {
      question: string;
      outputTokensMax?: number;
      keyOutputTokensMax: number;
    }) =>
      price ? (
        <HoldExample price={price} body={{ model, input: question, max_output_tokens: outputTokensMax }} cap={keyOutputTokensMax} />
      ) : (
        <NothingSold />
      ),
    ShortAnswerExample: ({
      question,
      availableUsd,
      keyOutputTokensMax,
    }: {
      question: string;
      availableUsd: number;
      keyOutputTokensMax: number;
    }) => {
      if (!price) return "a length that depends on the price";
      const input = quoteInput(price, { model, input: question }, keyOutputTokensMax);
      const tokens = affordableOutput(microUsd(BigInt(availableUsd * 1_000_000)), input);
      return tokens === null ? "none: the wallet counts as empty" : `${tokens.toLocaleString("en")} tokens`;
    },
  };
}

function NothingSold() {
  return <p>No model is sold over the wallet here at present, so there is nothing to compute.</p>;
}

/** Micro-dollars per million tokens, read as micro-dollars, are the price of a million. */
function perMillion({ sell }: Price, rate: Rate): string {
  return formatUsd(microUsd(sell[rate]));
}

function usageOf(tokens: Tokens): Usage {
  return Object.fromEntries([...Object.entries(NO_USAGE), ...RATES.map((rate) => [FIELD[rate], tokens[rate] ?? 0])]) as Usage;
}

function costOf({ sell }: Price, tokens: Tokens): MicroUsd {
  return cost(usageOf(tokens), 0, sell);
}

type CostLine = { name: string; count: string; rate: string; amount: string };

const COST_COLUMNS: readonly Column<CostLine>[] = [
  { name: "Part", narrow: { line: 1 }, cell: ({ name }) => name },
  { name: "Tokens", numeric: true, narrow: { line: 2, label: "tokens" }, cell: ({ count }) => count },
  { name: "Rate", numeric: true, narrow: { line: 2 }, cell: ({ rate }) => rate },
  { name: "Cost", numeric: true, narrow: { line: 1, atEnd: true }, cell: ({ amount }) => amount },
];

function CostExample({ price, tokens }: { price: Price; tokens: Tokens }) {
  const lines: CostLine[] = RATES.filter((rate) => (tokens[rate] ?? 0) > 0).map((rate) => ({
    name: NAME[rate],
    count: (tokens[rate] ?? 0).toLocaleString("en"),
    rate: `${perMillion(price, rate)} per million`,
    amount: formatUsd(costOf(price, { [rate]: tokens[rate] })),
  }));
  const tokensTotal = RATES.reduce((sum, rate) => sum + (tokens[rate] ?? 0), 0);
  const total: CostLine = {
    name: "The request",
    count: tokensTotal.toLocaleString("en"),
    rate: "",
    amount: formatUsd(costOf(price, tokens)),
  };
  return <DataTable caption="What this request costs" rows={[...lines, total]} rowKey={({ name }) => name} columns={COST_COLUMNS} />;
}

function quoteInput(price: Price, body: object, outputTokensCap: number) {
  const facts = readFacts("responses", scanBody(Buffer.from(JSON.stringify(body))));
  return { facts, price, outputTokensCap, webSearchCallsMax: 0 };
}

function HoldExample({ price, body, cap }: { price: Price; body: object; cap: number }) {
  const held = quote(quoteInput(price, body, cap));
  return (
    <p>
      The body <code>{JSON.stringify(body)}</code> has {held.inputTokensMax} bytes, so at most {held.inputTokensMax} tokens of input, and at
      most {held.outputTokensMax.toLocaleString("en")} tokens of output. Held: {formatUsd(held.amount)}, of which{" "}
      {formatUsd(held.inputAmount)} for the input.
    </p>
  );
}

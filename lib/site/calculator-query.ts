import { formatUsd, parseUsd, rate, type MicroUsd } from "@/lib/money/micro-usd";
import { readTypedUsd } from "@/lib/money/typed-usd";
import type { CalculatorTerms } from "@/lib/site/compare-plans";
import type { PlanTier } from "@/lib/site/plan-tiers";
import type { TokenRates } from "@/lib/site/read-usage-export";

/** What stands in the calculator's fields, by their names, which are the names in the address too. */
export type CalculatorFields = Readonly<Record<string, string>>;

/** Null: some field cannot be read; `problems` says which, and what to write there. */
export type CalculatorReading = { terms: CalculatorTerms | null; rates: TokenRates | null; problems: CalculatorFields };

/** What the fields begin with, in US dollars; rates per one million tokens. */
export type CalculatorDefaults = {
  tiers: readonly PlanTier[];
  feeUsd: string;
  inputUsd: string;
  cachedInputUsd: string;
  outputUsd: string;
};

const BILL_DEFAULT = "400";
const SHARE_DEFAULT = "100";
const FIELD_LENGTH_MAX = 20;
/** Above any bill for which this comparison means something. */
const AMOUNT_MAX = parseUsd("10000000");

export function fieldsByDefault({ tiers, feeUsd, inputUsd, cachedInputUsd, outputUsd }: CalculatorDefaults): CalculatorFields {
  const ofTiers = tiers.flatMap(({ id, priceUsd, coversUsd }) => [
    [priceField(id), priceUsd],
    [coversField(id), coversUsd],
  ]);
  const rates = { input: inputUsd, cached: cachedInputUsd, output: outputUsd };
  return { bill: BILL_DEFAULT, share: SHARE_DEFAULT, fee: feeUsd, ...rates, ...Object.fromEntries(ofTiers) };
}

/** An address names only what differs from the defaults; what it says twice counts once, and what nobody knows is left out. */
export function fieldsFromQuery(
  query: Readonly<Record<string, string | string[] | undefined>>,
  defaults: CalculatorFields,
): CalculatorFields {
  return Object.fromEntries(
    Object.entries(defaults).map(([name, usual]) => {
      const given = query[name];
      const text = Array.isArray(given) ? given[0] : given;
      return [name, text === undefined ? usual : text.slice(0, FIELD_LENGTH_MAX)];
    }),
  );
}

/** Without the question mark; empty when everything stands as usual. */
export function queryFromFields(fields: CalculatorFields, defaults: CalculatorFields): string {
  const changed = Object.entries(fields).filter(([name, text]) => name in defaults && text !== defaults[name]);
  return new URLSearchParams(changed).toString();
}

export function readCalculatorFields(fields: CalculatorFields, tiers: readonly PlanTier[]): CalculatorReading {
  const problems: Record<string, string> = {};
  const amount = (name: string): MicroUsd => {
    const read = readAmount(fields[name] ?? "");
    if (typeof read === "bigint") return read;
    problems[name] = read;
    return parseUsd("0");
  };
  const terms: CalculatorTerms = {
    bill: amount("bill"),
    sharePercent: Number(/^\d{1,3}$/.exec((fields["share"] ?? "").trim())?.[0] ?? Number.NaN),
    fee: amount("fee"),
    tiers: tiers.map(({ id, name }) => ({ id, name, price: amount(priceField(id)), covers: amount(coversField(id)) })),
  };
  if (!(terms.sharePercent <= 100)) problems["share"] = "Write a whole number from 0 to 100.";
  const rates = { input: rate(amount("input")), cachedInput: rate(amount("cached")), output: rate(amount("output")) };
  return Object.keys(problems).length === 0 ? { terms, rates, problems } : { terms: null, rates: null, problems };
}

export function priceField(tierId: string): string {
  return `${tierId}_price`;
}

export function coversField(tierId: string): string {
  return `${tierId}_covers`;
}

/** A sentence in the place of an amount says what is wrong with it. */
function readAmount(text: string): MicroUsd | string {
  const amount = readTypedUsd(text);
  if (amount === null) return "Write an amount in US dollars, like 400 or 12.50.";
  if (amount < 0n) return "Write an amount of 0 or more.";
  return amount > AMOUNT_MAX ? `Write an amount up to ${formatUsd(AMOUNT_MAX)}.` : amount;
}

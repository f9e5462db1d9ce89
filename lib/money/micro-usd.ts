import { AppError } from "@/lib/errors/app-error";

/** Whole micro-dollars: 1 USD = 1_000_000. Signed, exact, never a `number`. */
export type MicroUsd = bigint & { readonly __brand: "MicroUsd" };

/** Micro-dollars per one million tokens: $5 per 1M tokens is `5_000_000n`. */
export type MicroUsdPerMillion = bigint & { readonly __brand: "MicroUsdPerMillion" };

const MICRO_PER_USD = 1_000_000n;
/** Far above any real amount, far below 2^63: sums of many such amounts still fit a Postgres bigint. */
const MICRO_USD_MAX = 1_000_000_000_000_000n;

export const ZERO_USD = 0n as MicroUsd;

export function microUsd(value: bigint): MicroUsd {
  return value as MicroUsd;
}

export function rate(value: bigint): MicroUsdPerMillion {
  return value as MicroUsdPerMillion;
}

/** Reads a decimal dollar amount such as `5`, `-0.25` or `1.000001`; more than six decimals is an error, not a rounding. */
export function parseUsd(text: string): MicroUsd {
  const match = /^(-?)(\d{1,100})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!match) {
    throw new AppError("request_invalid", `"${text}" is not a dollar amount. Write it like 5 or 12.50, with at most six decimals.`);
  }
  const [, sign, whole = "0", fraction = ""] = match;
  const value = BigInt(whole) * MICRO_PER_USD + BigInt(fraction.padEnd(6, "0"));
  if (value > MICRO_USD_MAX) throw new AppError("request_invalid", `"${text}" is above the largest amount, 1,000,000,000 USD.`);
  return microUsd(sign === "-" ? -value : value);
}

/** Exact decimal string with six decimals: `"4.985000"`. The JSON edge. */
export function toUsdString(amount: MicroUsd): string {
  const negative = amount < 0n;
  const digits = (negative ? -amount : amount).toString().padStart(7, "0");
  return `${negative ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** For people: at least two decimals, more only where they are not zero: `$4.985`, `$10.00`. */
export function formatUsd(amount: MicroUsd): string {
  const text = toUsdString(amount < 0n ? microUsd(-amount) : amount);
  const trimmed = text.replace(/0{1,4}$/, "");
  const [whole = "0", fraction = ""] = trimmed.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${amount < 0n ? "-" : ""}$${grouped}.${fraction.padEnd(2, "0")}`;
}

/** For a sentence: whole cents, in the direction that promises nothing. */
export function roundToCents(amount: MicroUsd, direction: "up" | "down"): MicroUsd {
  const cent = 10_000n;
  const down = (amount / cent) * cent;
  return microUsd(direction === "up" && down < amount ? down + cent : down);
}

/** For a glance: whole cents, of amounts below one cent four decimals. Down, also below zero: no balance looks better than it is. */
export function roundDownToRead(amount: MicroUsd): MicroUsd {
  const step = amount > -10_000n && amount < 10_000n ? 100n : 10_000n;
  const towardsZero = (amount / step) * step;
  return microUsd(towardsZero > amount ? towardsZero - step : towardsZero);
}

/** Postgres sends bigint columns as text through our driver settings. */
export function fromDb(value: string | bigint): MicroUsd {
  return microUsd(BigInt(value));
}

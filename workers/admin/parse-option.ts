import { InvalidArgumentError } from "commander";
import { AppError } from "@/lib/errors/app-error";
import { parseUsd, type MicroUsd } from "@/lib/money/micro-usd";

/** Lifts a limit, where an option says so. Commander takes a null for "no value", so the word stays until `noneToNull`. */
const NONE = "none";

export type None = typeof NONE;

export function usdOption(text: string): MicroUsd {
  try {
    return parseUsd(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof AppError ? error.message : String(error));
  }
}

export function notNegativeUsdOption(text: string): MicroUsd {
  const amount = usdOption(text);
  if (amount < 0n) throw new InvalidArgumentError("It must not be negative.");
  return amount;
}

export function wholeNumberOption(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

export function instantOption(text: string): Date {
  const instant = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(instant.getTime())) {
    throw new InvalidArgumentError("Write it like 2027-01-31 or 2027-01-31T18:00:00Z.");
  }
  return instant;
}

export function listOption(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

export function yesOrNoOption(text: string): boolean {
  if (text !== "yes" && text !== "no") throw new InvalidArgumentError("It must be yes or no.");
  return text === "yes";
}

export function orNone<T>(read: (text: string) => T): (text: string) => T | None {
  return (text) => (text === NONE ? NONE : read(text));
}

export function noneToNull<T>(value: T | None | undefined): T | null | undefined {
  return value === NONE ? null : value;
}

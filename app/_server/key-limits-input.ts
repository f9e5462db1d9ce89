import { z } from "zod";
import { FieldError } from "@/app/_server/run-action";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { parseUsd, type MicroUsd } from "@/lib/money/micro-usd";

/*
 * The limits of a key as a form sends them: all text, and a box that is not ticked is not sent. Lanes have a box each, named
 * `lane_` and the lane's id.
 */

const DAY_MS = 86_400_000;
const LANE_START = "lane_";

const EXPIRIES = ["keep", "never", "1", "7", "30", "90", "365"] as const;

const list = z
  .string()
  .default("")
  .transform((text) => {
    const entries = text.split(/[\s,;]+/).filter((entry) => entry !== "");
    return entries.length === 0 ? null : entries;
  });

const count = z
  .string()
  .default("")
  .refine((text) => /^\s*\d{0,7}\s*$/.test(text), "Give a whole number, or leave it empty.")
  .transform((text) => (text.trim() === "" ? null : Number(text)))
  .refine((number) => number !== 0, "Give at least 1, or leave it empty.");

const budget = z
  .string()
  .default("")
  .refine((text) => /^\s*(\$?\s*\d{1,9}(\.\d{1,6})?)?\s*$/.test(text), "Give US dollars like 5 or 12.50, or leave it empty.")
  .transform((text): MicroUsd | null => {
    const amount = text.replaceAll(/[$\s]/g, "");
    return amount === "" ? null : parseUsd(amount);
  });

export const keyLimitFields = {
  expires: z.enum(EXPIRIES, "Choose one."),
  models: list,
  ipAllow: list,
  concurrencyMax: count,
  requestsPerMinuteMax: count,
  budgetDay: budget,
  budgetWeek: budget,
  budgetMonth: budget,
  lanes: z.enum(["all", "some"], "Choose one."),
  accountRead: z
    .literal("on")
    .optional()
    .transform((sent) => sent === "on"),
};

const fields = z.object(keyLimitFields);

/** `keep` leaves the expiry out. Lanes that are ticked count only where `lanes` says `some`. */
export function limitsFromForm(input: z.output<typeof fields> & Record<string, unknown>, now: Date): Partial<KeyLimits> {
  const { expires, models, ipAllow, concurrencyMax, requestsPerMinuteMax, budgetDay, budgetWeek, budgetMonth, accountRead } = input;
  return {
    ...(expires !== "keep" && { expiresAt: expires === "never" ? null : new Date(now.getTime() + Number(expires) * DAY_MS) }),
    models,
    ipAllow,
    concurrencyMax,
    requestsPerMinuteMax,
    budgetDay,
    budgetWeek,
    budgetMonth,
    accountRead,
    laneIds: laneIdsFromForm(input),
  };
}

/** Null: every lane. */
export function laneIdsFromForm(input: Record<string, unknown>): string[] | null {
  if (input["lanes"] === "all") return null;
  const ticked = Object.keys(input).filter((name) => name.startsWith(LANE_START) && input[name] === "on");
  if (ticked.length === 0) throw new FieldError("lanes", "Tick at least one lane, or choose every lane.");
  return ticked;
}

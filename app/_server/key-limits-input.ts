import { z } from "zod";
import { readAddressRule } from "@/lib/http/address-allow-list";
import { isModelName, KEY_COUNT_MAX, KEY_LIST_MAX, type KeyLimits } from "@/lib/keys/key-limits";
import type { MicroUsd } from "@/lib/money/micro-usd";
import { readTypedUsd } from "@/lib/money/typed-usd";

/*
 * The limits of a key as a form sends them: all text, and a box that is not ticked is not sent. Lanes have a box each, named
 * `lane_` and the lane's id. One answer names every field that is at fault: what can be judged without the database is judged here.
 */

const DAY_MS = 86_400_000;
const LANE_START = "lane_";

const EXPIRIES = ["keep", "never", "1", "7", "30", "90", "365"] as const;

function list(isEntry: (text: string) => boolean, fault: (entries: string) => string) {
  return z
    .string()
    .default("")
    .transform((text) => {
      const entries = text.split(/[\s,;]+/).filter((entry) => entry !== "");
      return entries.length === 0 ? null : entries;
    })
    .superRefine((entries, context) => {
      const wrong = (entries ?? []).filter((entry) => !isEntry(entry));
      if (wrong.length > 0) context.addIssue(fault(wrong.join(", ")));
      if (entries && entries.length > KEY_LIST_MAX) context.addIssue(`Give at most ${KEY_LIST_MAX}.`);
    });
}

const models = list(isModelName, (entries) => `Not the name of a model: ${entries}. Write it like gpt-5.5.`);
const addresses = list(
  (entry) => readAddressRule(entry) !== null,
  (entries) => `Not an IP address or range: ${entries}. Write it like 203.0.113.7 or 203.0.113.0/24.`,
);

const count = z
  .string()
  .default("")
  .refine((text) => /^\s*\d{0,15}\s*$/.test(text), "Give a whole number, or leave it empty.")
  .transform((text) => (text.trim() === "" ? null : Number(text)))
  .refine((number) => number !== 0, "Give at least 1, or leave it empty.")
  .refine((number) => number === null || number <= KEY_COUNT_MAX, `Give at most ${KEY_COUNT_MAX.toLocaleString("en-US")}.`);

const budget = z
  .string()
  .default("")
  .transform((text, context): MicroUsd | null => {
    if (text.trim() === "") return null;
    const amount = readTypedUsd(text);
    if (amount === null || amount < 0n) context.addIssue("Give US dollars like 5 or 12.50, or leave it empty.");
    return amount;
  });

export const keyLimitFields = {
  expires: z.enum(EXPIRIES, "Choose one."),
  models,
  ipAllow: addresses,
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

/** A form with `lanes` and the boxes of the lanes: at least one is ticked where `lanes` says `some`. */
export function withLaneBoxes<S extends z.ZodType<Record<string, unknown>>>(form: S): S {
  return form.refine((input) => laneIdsFromForm(input)?.length !== 0, {
    path: ["lanes"],
    error: "Tick at least one lane, or choose every lane.",
    // Without it the boxes are not looked at while another field is at fault.
    when: () => true,
  });
}

/** `keep` leaves the expiry out. Lanes that are ticked count only where `lanes` says `some`. */
export function limitsFromForm(input: z.output<typeof fields> & Record<string, unknown>, now: Date): Partial<KeyLimits> {
  const { expires, accountRead, concurrencyMax, requestsPerMinuteMax, budgetDay, budgetWeek, budgetMonth } = input;
  return {
    ...(expires !== "keep" && { expiresAt: expires === "never" ? null : new Date(now.getTime() + Number(expires) * DAY_MS) }),
    models: input.models,
    ipAllow: input.ipAllow,
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
  if (input["lanes"] !== "some") return null;
  return Object.keys(input).filter((name) => name.startsWith(LANE_START) && input[name] === "on");
}

import { z } from "zod";
import { AppError } from "@/lib/errors/app-error";
import { readAddressRule } from "@/lib/http/address-allow-list";
import type { MicroUsd } from "@/lib/money/micro-usd";

/** What a key may do. Null: not limited by the key. */
export type KeyLimits = {
  models: readonly string[] | null;
  /** Used when a request names no model. */
  defaultModel: string | null;
  expiresAt: Date | null;
  /** Addresses and CIDR ranges. */
  ipAllow: readonly string[] | null;
  concurrencyMax: number | null;
  requestsPerMinuteMax: number | null;
  /** Ceiling of one answer, in tokens. */
  outputTokensMax: number;
  /** Wallet money per UTC day, ISO week and month. */
  budgetDay: MicroUsd | null;
  budgetWeek: MicroUsd | null;
  budgetMonth: MicroUsd | null;
  /** The only lanes that it may use, of its owner's; null: all of them. */
  laneIds: readonly string[] | null;
  /** What a full line of the Codex lanes opens below them: nothing, the owner's own key, or any paid lane. */
  spillBusy: "none" | "own_key" | "any";
  /** The wallet may answer when the Codex lanes are lost: signed out, or without a container. */
  spillLostToWallet: boolean;
  /** The wallet may answer what Codex cannot do. */
  spillCannotToWallet: boolean;
  /** Sampling parameters that a Codex lane cannot keep are refused there instead of ignored. */
  parametersStrict: boolean;
  /** It reads the whole account by `/api/v1`; otherwise what it did itself. Keys that a helper fetches for it never do. */
  accountRead: boolean;
};

export type KeyBudgets = Pick<KeyLimits, "budgetDay" | "budgetWeek" | "budgetMonth">;

const OUTPUT_TOKENS_DEFAULT = 32_000;

export const NO_LIMITS: KeyLimits = {
  models: null,
  defaultModel: null,
  expiresAt: null,
  ipAllow: null,
  concurrencyMax: null,
  requestsPerMinuteMax: null,
  outputTokensMax: OUTPUT_TOKENS_DEFAULT,
  budgetDay: null,
  budgetWeek: null,
  budgetMonth: null,
  laneIds: null,
  spillBusy: "none",
  spillLostToWallet: false,
  spillCannotToWallet: false,
  parametersStrict: false,
  accountRead: true,
};

/** Entries of a list. */
export const KEY_LIST_MAX = 100;
export const KEY_COUNT_MAX = 1_000_000;

export function isModelName(text: string): boolean {
  return /^[\w.:/-]{1,120}$/.test(text);
}

const slug = z.string().refine(isModelName, "is not a model name");
const addressRule = z.string().refine((text) => readAddressRule(text) !== null, "must be IP addresses or networks");
const count = z.int("must be a whole number").min(1, "must be at least 1").max(KEY_COUNT_MAX, "is too large").nullable();
const budget = z.bigint().min(0n, "must not be negative").nullable();
const shape = z.object({
  models: z.array(slug).min(1, "must name a model").max(KEY_LIST_MAX, "are too many").nullable(),
  defaultModel: slug.nullable(),
  expiresAt: z.date().nullable(),
  ipAllow: z.array(addressRule).min(1, "must name an address").max(KEY_LIST_MAX, "are too many").nullable(),
  concurrencyMax: count,
  requestsPerMinuteMax: count,
  outputTokensMax: count.unwrap(),
  budgetDay: budget,
  budgetWeek: budget,
  budgetMonth: budget,
  laneIds: z.array(z.string()).min(1, "must name a lane").max(KEY_LIST_MAX, "are too many").nullable(),
  spillBusy: z.enum(["none", "own_key", "any"], "must be none, own_key or any"),
  spillLostToWallet: z.boolean(),
  spillCannotToWallet: z.boolean(),
  parametersStrict: z.boolean(),
  accountRead: z.boolean(),
});

/** Throws `request_invalid` with the field as `param`. */
export function checkKeyLimits(limits: KeyLimits): void {
  const result = shape.safeParse(limits);
  if (!result.success) {
    const [issue] = result.error.issues;
    const field = String(issue?.path[0] ?? "limits");
    throw new AppError("request_invalid", `${field} ${issue?.message ?? "is wrong"}.`, { param: field });
  }
  if (limits.models && limits.defaultModel && !limits.models.includes(limits.defaultModel)) {
    throw new AppError("request_invalid", `The default model ${limits.defaultModel} is not among the allowed models.`, {
      param: "defaultModel",
    });
  }
}

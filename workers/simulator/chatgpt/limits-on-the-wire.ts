import type { Refusal } from "@/workers/simulator/openai/behaviour";
import {
  hasCredits,
  isFull,
  opensAt,
  type SimulatedAccount,
  type SimulatedModelLimit,
  type SimulatedWindow,
} from "@/workers/simulator/chatgpt/simulated-accounts";

/** How the ChatGPT backend tells about usage windows: in the headers of a model call, in `GET /wham/usage`, and in a refusal. */

const ACCOUNT_LIMIT = "codex";

/** Of a call of this model. Whole percent, rounded down: 100 means closed. */
export function limitHeaders(account: SimulatedAccount, model: string): Record<string, string> {
  const headers: Record<string, string> = windowHeaders(ACCOUNT_LIMIT, account.windows);
  for (const { limitId, limitName, models, windows } of account.modelLimits) {
    if (!models.includes(model)) continue;
    Object.assign(headers, windowHeaders(limitId, windows), { [`x-${headerName(limitId)}-limit-name`]: limitName });
  }
  if (account.credits) {
    headers["x-codex-credits-has-credits"] = String(hasCredits(account));
    headers["x-codex-credits-unlimited"] = String(account.credits.unlimited);
    headers["x-codex-credits-balance"] = String(account.credits.balance);
  }
  return headers;
}

function windowHeaders(limitId: string, windows: readonly SimulatedWindow[]): Record<string, string> {
  const name = headerName(limitId);
  const slots = windows.slice(0, 2).map((window, index) => [index === 0 ? "primary" : "secondary", window] as const);
  return Object.fromEntries(
    slots.flatMap(([slot, window]) => [
      [`x-${name}-${slot}-used-percent`, String(Math.floor(window.usedPercent))],
      [`x-${name}-${slot}-window-minutes`, String(window.minutes)],
      [`x-${name}-${slot}-reset-at`, String(seconds(window.resetsAt))],
    ]),
  );
}

/** `codex_bengalfox` is `x-codex-bengalfox-…` there. */
function headerName(limitId: string): string {
  return limitId.replaceAll("_", "-");
}

export function usagePayload(account: SimulatedAccount, now: Date) {
  const { credits } = account;
  return {
    user_id: account.userId,
    account_id: account.accountId,
    email: account.email,
    plan_type: account.plan,
    rate_limit: account.codexIncluded
      ? rateLimit(account.windows, now, hasCredits(account))
      : { allowed: false, limit_reached: false, primary_window: null, secondary_window: null },
    additional_rate_limits: account.modelLimits.map(({ limitId, limitName, windows }) => ({
      limit_name: limitName,
      metered_feature: limitId,
      rate_limit: rateLimit(windows, now, false),
    })),
    credits: credits && { has_credits: hasCredits(account), unlimited: credits.unlimited, balance: String(credits.balance) },
    rate_limit_reached_type: null,
  };
}

function rateLimit(windows: readonly SimulatedWindow[], now: Date, goesOn: boolean) {
  const [primary, secondary] = windows;
  const reached = isFull(windows);
  return {
    allowed: !reached || goesOn,
    limit_reached: reached,
    primary_window: primary ? windowPayload(primary, now) : null,
    secondary_window: secondary ? windowPayload(secondary, now) : null,
  };
}

function windowPayload({ minutes, usedPercent, resetsAt }: SimulatedWindow, now: Date) {
  return {
    used_percent: Math.floor(usedPercent),
    limit_window_seconds: minutes * 60,
    reset_after_seconds: Math.max(0, seconds(resetsAt) - seconds(now)),
    reset_at: seconds(resetsAt),
  };
}

export type UsageLimit = {
  /** The one that was called. */
  model: string;
  /** Null: the account's own. */
  limit?: SimulatedModelLimit | null;
  /** False: the refusal comes without the headers that tell the windows. */
  headers?: boolean;
  /** Such as `workspace_member_credits_depleted`. */
  reachedType?: string;
};

export function usageLimitReached(
  account: SimulatedAccount,
  now: Date,
  { model, limit = null, headers = true, reachedType }: UsageLimit,
): Refusal {
  const windows = limit?.windows ?? account.windows;
  const resetsAt = opensAt(windows) ?? windows[0]?.resetsAt ?? null;
  const when = resetsAt && { resets_at: seconds(resetsAt), resets_in_seconds: Math.max(0, seconds(resetsAt) - seconds(now)) };
  return {
    status: 429,
    body: { error: { type: "usage_limit_reached", message: "The usage limit has been reached", plan_type: account.plan, ...when } },
    headers: {
      ...(headers ? limitHeaders(account, model) : {}),
      ...(limit ? { "x-codex-active-limit": limit.limitId } : {}),
      ...(reachedType === undefined ? {} : { "x-codex-rate-limit-reached-type": reachedType }),
    },
  };
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

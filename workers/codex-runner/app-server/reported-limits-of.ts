import type { RateLimitSnapshot, RateLimitsRead, RateLimitWindow } from "@/workers/codex-runner/app-server/app-server-protocol";
import type { ReportedLimits, ReportedWindow } from "@/lib/turns/reported-limits";

const ACCOUNT_LIMIT = "codex";
const MINUTES_MAX = 366 * 24 * 60;
const RESET_AHEAD_MS_MAX = 366 * 24 * 3_600_000;
/** A little above full is full; far above is a fault of the sender. */
const PERCENT_MAX = 1_000;
const LIMIT_ID_LENGTH_MAX = 100;
const LIMITS_MAX = 32;

/** From `account/rateLimits/updated`: what is missing there is unknown. */
export function limitsOf(snapshot: RateLimitSnapshot, now: Date): ReportedLimits {
  return {
    allowed: null,
    planType: snapshot.planType ?? null,
    openaiAccountId: null,
    windows: windowsOf(snapshot, now),
    credits: creditsOf(snapshot),
  };
}

/** From the answer to `account/rateLimits/read`. */
export function limitsOfRead(read: RateLimitsRead, now: Date): ReportedLimits {
  const listed = Object.entries(read.rateLimitsByLimitId ?? {}).slice(0, LIMITS_MAX);
  const snapshots = listed.length > 0 ? listed.map(([id, snapshot]) => ({ ...snapshot, limitId: id })) : [read.rateLimits];
  const known = snapshots.filter((snapshot): snapshot is RateLimitSnapshot => snapshot !== null && snapshot !== undefined);
  const own = known.find((snapshot) => (snapshot.limitId ?? ACCOUNT_LIMIT) === ACCOUNT_LIMIT) ?? known[0];
  return {
    allowed: read.ordinaryUsageAllowed ?? null,
    planType: own?.planType ?? null,
    openaiAccountId: read.accountId ?? null,
    windows: known.flatMap((snapshot) => windowsOf(snapshot, now)),
    credits: own ? creditsOf(own) : null,
  };
}

function windowsOf(snapshot: RateLimitSnapshot, now: Date): ReportedWindow[] {
  const limitId = (snapshot.limitId ?? ACCOUNT_LIMIT).slice(0, LIMIT_ID_LENGTH_MAX);
  const limitName = snapshot.limitName?.slice(0, LIMIT_ID_LENGTH_MAX) ?? null;
  return [snapshot.primary, snapshot.secondary].flatMap((window) => {
    const read = window ? readWindow(window, now) : null;
    return read ? [{ limitId, limitName, ...read }] : [];
  });
}

/** A window of unknown length cannot be told from the others, so it says nothing. */
function readWindow(window: RateLimitWindow, now: Date): Omit<ReportedWindow, "limitId" | "limitName"> | null {
  const { usedPercent, windowDurationMins: minutes, resetsAt } = window;
  if (typeof minutes !== "number" || !Number.isInteger(minutes) || minutes < 1 || minutes > MINUTES_MAX) return null;
  if (typeof usedPercent !== "number" || !(usedPercent >= 0 && usedPercent <= PERCENT_MAX)) return null;
  return { windowMinutes: minutes, usedPercent: Math.min(100, usedPercent), resetsAt: readInstant(resetsAt, now) };
}

function readInstant(seconds: number | null, now: Date): Date | null {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) return null;
  const ms = seconds * 1000;
  return Math.abs(ms - now.getTime()) <= RESET_AHEAD_MS_MAX ? new Date(ms) : null;
}

function creditsOf({ credits }: RateLimitSnapshot): ReportedLimits["credits"] {
  if (!credits) return null;
  const state = credits.unlimited ? "unlimited" : credits.hasCredits ? "yes" : "no";
  return { state, balance: typeof credits.balance === "string" ? credits.balance.slice(0, LIMIT_ID_LENGTH_MAX) : null };
}

import type { ReportedLimits, ReportedWindow } from "@/lib/turns/reported-limits";

/** OpenAI's id of the limit that closes the whole account; any other belongs to one model or feature. */
export const ACCOUNT_LIMIT = "codex";

/** A reset that is further away than a month and a day is not believed. */
const LENGTH_MINUTES_MAX = 32 * 24 * 60;
/** What a report may hold; the rest is dropped. */
const WINDOWS_MAX = 16;
const ID_CHARS_MAX = 100;
/** Tried again after this where OpenAI does not say when a window resets. */
const GUESS_MS = 15 * 60_000;

export type KnownWindow = ReportedWindow & { observedAt: Date };

export type LimitsVerdict =
  | { kind: "closed"; until: Date; reason: string }
  | { kind: "open" }
  /** Nothing in it says whether the account may work. */
  | { kind: "unknown" };

/** Whole, bounded and once per limit and length; what is not a window is left out. */
export function cleanWindows(windows: readonly ReportedWindow[]): ReportedWindow[] {
  const clean = new Map<string, ReportedWindow>();
  for (const window of windows.slice(0, WINDOWS_MAX)) {
    const { windowMinutes, usedPercent } = window;
    const isWindow =
      Number.isInteger(windowMinutes) && windowMinutes > 0 && windowMinutes <= LENGTH_MINUTES_MAX && Number.isFinite(usedPercent);
    if (!isWindow || window.limitId === "") continue;
    const limitId = window.limitId.slice(0, ID_CHARS_MAX);
    clean.set(`${limitId} ${windowMinutes}`, {
      limitId,
      limitName: window.limitName?.slice(0, ID_CHARS_MAX) ?? null,
      windowMinutes,
      // 99.6 % is not yet full.
      usedPercent: Math.max(0, Math.min(100, Math.floor(usedPercent))),
      resetsAt: window.resetsAt !== null && Number.isFinite(window.resetsAt.getTime()) ? window.resetsAt : null,
    });
  }
  return [...clean.values()];
}

/**
 * What a report says about the account as a whole, together with the windows that are known from before. A window counts by its
 * limit and length, never by the slot in which it arrived. Only a positive word opens: `allowed`, or a window of the account
 * itself with room in it, while none that was full is still running. A full limit of one model says nothing here.
 */
export function judgeLimits(limits: ReportedLimits, known: readonly KnownWindow[], now: Date): LimitsVerdict {
  const reported = cleanWindows(limits.windows).filter(isOfAccount);
  const full = reported.filter((window) => isFull(window, now));
  if (full.length > 0)
    return closedBy(
      full.map((window) => withKnownReset(window, known)),
      now,
    );
  const fullBefore = knownFull(known, now).filter((window) => !reported.some((other) => isSame(other, window)));
  if (limits.allowed === false) {
    if (fullBefore.length > 0) return closedBy(fullBefore, now);
    return { kind: "closed", until: new Date(now.getTime() + GUESS_MS), reason: "not allowed by OpenAI, which does not say until when" };
  }
  if (limits.allowed === true) return { kind: "open" };
  if (reported.length === 0) return { kind: "unknown" };
  return fullBefore.length > 0 ? closedBy(fullBefore, now) : { kind: "open" };
}

/** When a full window opens again: the last of them, or a guess that says that it is one. */
export function closedBy(full: readonly ReportedWindow[], now: Date): Extract<LimitsVerdict, { kind: "closed" }> {
  const resets = full.map((window) => resetOf(window, now));
  const last = Math.max(0, ...resets.filter((reset) => reset !== null));
  if (last > 0) return { kind: "closed", until: new Date(last), reason: "usage limit reached" };
  return { kind: "closed", until: new Date(now.getTime() + GUESS_MS), reason: "usage limit reached; OpenAI does not say until when" };
}

/** The account's own windows that are still full. One whose reset is unknown is believed no longer than a guess lasts. */
export function knownFull(known: readonly KnownWindow[], now: Date): KnownWindow[] {
  return known.filter(
    (window) =>
      isOfAccount(window) && isFull(window, now) && (window.resetsAt !== null || now.getTime() - window.observedAt.getTime() < GUESS_MS),
  );
}

/** A full window whose reset has passed has been emptied since. */
function isFull(window: ReportedWindow, now: Date): boolean {
  return window.usedPercent >= 100 && (window.resetsAt === null || window.resetsAt > now);
}

function isOfAccount(window: ReportedWindow): boolean {
  return window.limitId === ACCOUNT_LIMIT;
}

function isSame(one: ReportedWindow, other: ReportedWindow): boolean {
  return one.limitId === other.limitId && one.windowMinutes === other.windowMinutes;
}

function withKnownReset(window: ReportedWindow, known: readonly KnownWindow[]): ReportedWindow {
  return window.resetsAt === null ? { ...window, resetsAt: known.find((other) => isSame(other, window))?.resetsAt ?? null } : window;
}

/** No window lasts longer than its own length. */
function resetOf({ resetsAt, windowMinutes }: ReportedWindow, now: Date): number | null {
  if (resetsAt === null || resetsAt <= now) return null;
  return Math.min(resetsAt.getTime(), now.getTime() + windowMinutes * 60_000);
}

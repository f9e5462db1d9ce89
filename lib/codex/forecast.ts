/*
 * What the samples of a window say about its near future, and what a second account would have changed in the past week. Pure: all
 * of it is arithmetic over rows that were read before.
 */

export type WindowSample = { observedAt: Date; usedPercent: number; resetsAt: Date | null };

/** The pace is that of the last hour, or of a twentieth of the window where that is longer: long enough to even out single turns. */
const STRETCH_MINUTES_MIN = 60;
const STRETCH_PART = 1 / 20;
/** A slope needs at least this much between its two ends. */
const STRETCH_MS_MIN = 5 * 60_000;
const SAMPLES_MAX = 2000;

/**
 * When the window is full if it fills on as it did lately, from the samples in the order of their time. Null: it does not fill
 * before its reset, or the samples since the last reset say too little.
 */
export function forecastFull(input: { samples: readonly WindowSample[]; windowMinutes: number; now: Date }): { fullAt: Date } | null {
  const { windowMinutes, now } = input;
  const samples = sinceLastReset(input.samples.slice(-SAMPLES_MAX));
  const last = samples.at(-1);
  if (!last || last.usedPercent >= 100) return null;
  const stretchMs = Math.max(STRETCH_MINUTES_MIN, windowMinutes * STRETCH_PART) * 60_000;
  // The sample at the beginning of the stretch is the last one before it: until the next one came, nothing had changed.
  const from = now.getTime() - stretchMs;
  const first = samples.findLast((sample) => sample.observedAt.getTime() <= from) ?? samples[0];
  if (!first) return null;
  const startMs = Math.max(first.observedAt.getTime(), from);
  const elapsedMs = now.getTime() - startMs;
  const filled = last.usedPercent - first.usedPercent;
  if (elapsedMs < STRETCH_MS_MIN || filled <= 0) return null;
  const fullAt = new Date(now.getTime() + ((100 - last.usedPercent) / filled) * elapsedMs);
  const resetMs = last.resetsAt?.getTime() ?? now.getTime() + windowMinutes * 60_000;
  return fullAt.getTime() < resetMs ? { fullAt } : null;
}

/** A fall is a reset; what came before it belongs to another window. */
function sinceLastReset(samples: readonly WindowSample[]): readonly WindowSample[] {
  const fall = samples.findLastIndex((sample, index) => index > 0 && sample.usedPercent < (samples[index - 1]?.usedPercent ?? 0));
  return fall === -1 ? samples : samples.slice(fall);
}

/** One request that the account answered (`own`) or that a paid lane took over because the account's window was used up. */
export type WorkedRequest = { startedAt: Date; tokens: number; spilled: boolean };

const REQUESTS_MAX = 50_000;
const DAY_MS = 86_400_000;
const WEEK_DAYS = 7;

/** Less than a day of an account says nothing: people work in days, and nobody wants a week's advice from its first minutes. */
export const HISTORY_MS_MIN = DAY_MS;

/**
 * How much of the requests that spilled a second account with the same plan would have carried, by tokens.
 *
 * Assumption: a window is a budget of tokens, as large as what the first account answered within one window length at its
 * busiest in this period, and every token counts alike. OpenAI weighs models and caches differently and says neither the budget
 * nor the weights, so this is an estimate, and the text says so. Null: nothing spilled, or the first account answered nothing by
 * which a budget could be told.
 */
export function overflowCarried(input: {
  requests: readonly WorkedRequest[];
  windowMinutes: number;
  /** How far back the account is known; the requests are from no earlier. */
  historyMs: number;
}): { carriedPart: number; text: string } | null {
  if (input.historyMs < HISTORY_MS_MIN) return null;
  const days = Math.floor(input.historyMs / DAY_MS);
  const when = days >= WEEK_DAYS ? "last week's overflow" : `the overflow of ${days === 1 ? "the last day" : `the last ${days} days`}`;
  const windowMs = input.windowMinutes * 60_000;
  const requests = input.requests.slice(-REQUESTS_MAX).toSorted((one, other) => one.startedAt.getTime() - other.startedAt.getTime());
  const spilled = requests.filter((request) => request.spilled);
  const overflow = spilled.reduce((sum, { tokens }) => sum + tokens, 0);
  const budget = busiestWindow(
    requests.filter((request) => !request.spilled),
    windowMs,
  );
  if (overflow === 0 || budget === 0) return null;
  const carriedPart = carriedBy(spilled, { budget, windowMs }) / overflow;
  const percent = Math.floor(carriedPart * 100);
  return {
    carriedPart,
    text: `a second account would have carried about ${percent} % of ${when}, if its window holds as many tokens as this one's did`,
  };
}

/** Most tokens within any stretch of one window length. */
function busiestWindow(requests: readonly WorkedRequest[], windowMs: number): number {
  let begin = 0;
  let sum = 0;
  let most = 0;
  for (const { startedAt, tokens } of requests) {
    sum += tokens;
    for (; startedAt.getTime() - (requests[begin]?.startedAt.getTime() ?? 0) >= windowMs; begin += 1) sum -= requests[begin]?.tokens ?? 0;
    most = Math.max(most, sum);
  }
  return most;
}

/** A window opens with the first request after the last one ended, and takes requests until its budget is used. */
function carriedBy(requests: readonly WorkedRequest[], { budget, windowMs }: { budget: number; windowMs: number }): number {
  let endsAt = 0;
  let left = 0;
  let carried = 0;
  for (const { startedAt, tokens } of requests) {
    if (startedAt.getTime() >= endsAt) {
      endsAt = startedAt.getTime() + windowMs;
      left = budget;
    }
    const taken = Math.min(tokens, left);
    left -= taken;
    carried += taken;
  }
  return carried;
}

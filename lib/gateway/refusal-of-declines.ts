import { AppError } from "@/lib/errors/app-error";
import type { CodexStanding } from "@/lib/gateway/attempt";
import type { SkippedLane } from "@/lib/gateway/plan-lanes";
import { earliestReset, said } from "@/lib/gateway/refusal-of-lanes";
import { pausedWords, skippedWords } from "@/lib/gateway/skipped-words";

type Context = {
  /** Of the paid lanes that were asked, in their order. */
  declines: readonly AppError[];
  standings: readonly CodexStanding[];
  skipped: readonly SkippedLane[];
  publicUrl: string;
  now: Date;
};

/** Why no lane answered when a paid lane was the last one asked. */
export function refusalOfDeclines(last: AppError, { declines, standings, skipped, publicUrl, now }: Context): AppError {
  if (last.code === "lanes_exhausted") {
    const closed = [
      ...declines.filter(({ code }) => code === last.code).map(({ resetsAt }) => ({ until: resetsAt ?? null })),
      ...standings.filter((standing) => standing.class === "exhausted"),
      ...skipped.filter(({ reason }) => reason === "exhausted"),
    ];
    const resetsAt = earliestReset(closed) ?? undefined;
    const others = skippedWords(skipped.filter(({ lane, class: why }) => lane.kind !== "codex" || why === null));
    const told = [
      ...declines.map(({ message }) => `${message.replace(/[.\s]*$/, "")}.`),
      ...standings.map((standing) => said(standing, "cannot take this request")),
      others,
      `Add a lane at ${publicUrl}/dashboard/lanes.`,
    ];
    return new AppError(last.code, told.filter((part) => part !== "").join(" "), {
      resetsAt,
      retryAfterS: resetsAt && Math.max(1, Math.ceil((resetsAt.getTime() - now.getTime()) / 1000)),
    });
  }
  const paused = pausedWords(skipped);
  if (paused === "") return last;
  const { detail, param, retryAfterS, resetsAt } = last;
  return new AppError(last.code, `${paused} ${last.message}`, { detail, param, retryAfterS, resetsAt, cause: last });
}

import { AppError } from "@/lib/errors/app-error";
import type { SkippedLane } from "@/lib/gateway/plan-lanes";
import { pausedWords } from "@/lib/gateway/skipped-words";

/** Why nobody may even try this request, as the one error that helps the client most. */
export function refusalOfPlan(skipped: readonly SkippedLane[], context: { model: string; publicUrl: string; now: Date }): AppError {
  // What its owner has paused explains nothing that the others say, but is worth a word.
  const open = skipped.filter(({ reason }) => reason !== "paused");
  const paused = pausedWords(skipped);
  if (skipped.length > 0 && open.length === 0) {
    return new AppError("paused", `${paused} Resume a lane at ${context.publicUrl}/dashboard/lanes.`);
  }
  const why = refusalOfOpen(open, context);
  if (paused === "") return why;
  return new AppError(why.code, `${paused} ${why.message}`, { param: why.param, retryAfterS: why.retryAfterS, resetsAt: why.resetsAt });
}

function refusalOfOpen(skipped: readonly SkippedLane[], context: { model: string; publicUrl: string; now: Date }): AppError {
  const has = (reason: SkippedLane["reason"]) => skipped.find((entry) => entry.reason === reason);
  const exhausted = skipped.filter((entry) => entry.reason === "exhausted");
  if (exhausted.length > 0 && exhausted.length === skipped.length) {
    const resetsAt = earliest(exhausted.map((entry) => entry.lane.stateUntil));
    return new AppError(
      "lanes_exhausted",
      `Every lane's usage window is closed until ${resetsAt?.toISOString() ?? "its reset"}. Add a lane at ${context.publicUrl}/dashboard/lanes.`,
      {
        resetsAt: resetsAt ?? undefined,
        retryAfterS: resetsAt ? Math.max(1, Math.ceil((resetsAt.getTime() - context.now.getTime()) / 1000)) : undefined,
      },
    );
  }
  const stored = has("response_not_found");
  const cannot = has("cannot");
  // That a wallet cannot take the id either says less than that the id is nobody's.
  if (stored && (!cannot || cannot.param === stored.param)) {
    return new AppError("not_found", "No stored response with this id on your lanes.", { param: stored.param ?? undefined });
  }
  if (cannot) {
    return new AppError("lane_cannot", `No lane can take this request. ${cannot.evidence ?? ""}`.trim(), {
      param: cannot.param ?? undefined,
    });
  }
  if (has("model_not_sold")) {
    return new AppError(
      "model_not_found",
      `The model "${context.model}" has no price here, so the wallet cannot pay for it. GET /v1/models lists what it can.`,
      {
        param: "model",
      },
    );
  }
  if (has("no_provider"))
    return new AppError("upstream_unavailable", "The wallet has no provider in service right now. Try again shortly.", { retryAfterS: 30 });
  return new AppError("lane_cannot", `This API key has no lane. Add one at ${context.publicUrl}/dashboard/lanes.`);
}

function earliest(instants: readonly (Date | null)[]): Date | null {
  const known = instants.filter((instant): instant is Date => instant !== null);
  return known.length === 0 ? null : new Date(Math.min(...known.map((instant) => instant.getTime())));
}

import { AppError } from "@/lib/errors/app-error";
import type { CodexStanding } from "@/lib/gateway/attempt";
import type { PaidLane } from "@/lib/gateway/ports";
import type { DeclineClass } from "@/lib/turns/runner-protocol";

/** A paid lane that stayed closed, and what kind of spill would have opened it. */
export type Withheld = { lane: PaidLane; class: Exclude<DeclineClass, "exhausted"> };

const RETRY_MAX_S = 60;
const RETRY_DEFAULT_S = 5;
/** Nothing changes these but the owner or the operator. */
const LASTING = new Set(["signed_out", "signing_in", "paused_by_operator"]);

/** OpenAI is not there, or fails: nobody is busy, and nobody's line is full. */
const UPSTREAM_GONE = new Set(["upstream_unreachable", "upstream_cut", "upstream_error"]);

/** The options of a key as its owner sees them on its page. An exhausted lane needs none. */
const OPTION: Record<Exclude<DeclineClass, "exhausted">, string> = { busy: "Busy", lost: "Lost", cannot: "Cannot" };

/** Why no lane answered when Codex lanes are among them, as the one error that helps the client most. */
export function refusalOfLanes(
  standings: readonly CodexStanding[],
  context: {
    withheld: readonly Withheld[];
    /** Of lanes that were not asked, and that no standing speaks of. */
    others: string;
    /** Nobody here has ever heard of the model. */
    isModelUnknown: boolean;
    keyId: string;
    publicUrl: string;
    now: Date;
  },
): AppError {
  const of = (why: DeclineClass) => standings.filter((standing) => standing.class === why);
  const [busy, exhausted, lost, cannot] = [of("busy"), of("exhausted"), of("lost"), of("cannot")];
  const passing = lost.filter(({ reason }) => !LASTING.has(reason));
  const hint = hintFor(context);
  const text = (named: readonly CodexStanding[], fallback: string) =>
    [...named.map((standing) => said(standing, fallback)), context.others, hint].filter((part) => part !== "").join(" ");

  // First: what would be refused for its model at any other time is not worth waiting for.
  if (context.isModelUnknown) {
    return new AppError("model_not_found", text(cannot, "has no such model"), { param: "model" });
  }
  if (busy.length > 0 && busy.every(({ reason }) => UPSTREAM_GONE.has(reason))) {
    return new AppError("upstream_unavailable", text(busy, "cannot be reached right now"), { retryAfterS: retryAfterS(busy, context.now) });
  }
  if (busy.length > 0) {
    return new AppError("lane_busy", text(busy, "is busy"), { retryAfterS: retryAfterS(busy, context.now) });
  }
  if (passing.length > 0) {
    // The wallet's or the key's owner could have had an answer: theirs to decide, and worth another try meanwhile.
    const code = context.withheld.length > 0 ? "lane_busy" : "upstream_unavailable";
    return new AppError(code, text(passing, "cannot be reached right now"), { retryAfterS: retryAfterS(passing, context.now) });
  }
  if (exhausted.length > 0) {
    const resetsAt = earliestReset(exhausted);
    return new AppError("lanes_exhausted", text([...exhausted, ...lost, ...cannot], "has used up its usage window"), {
      resetsAt: resetsAt ?? undefined,
      retryAfterS: resetsAt ? Math.max(1, Math.ceil((resetsAt.getTime() - context.now.getTime()) / 1000)) : undefined,
    });
  }
  if (cannot.length > 0 && cannot.every(({ reason }) => reason === "model_not_found")) {
    return new AppError("model_not_found", text(cannot, "has no such model"), { param: "model" });
  }
  if (cannot.length > 0) {
    return new AppError("lane_cannot", text([...cannot, ...lost], "cannot take this request"), { param: cannot[0]!.param ?? undefined });
  }
  // Nothing answers before the owner signs in or the operator switches on: no fault of the request, and no reason to try again.
  // Codex shows the text after one request.
  return new AppError("paused", text(lost, "is not signed in"));
}

export function said({ lane, class: why, message, reason, until }: CodexStanding, fallback: string): string {
  if (why === "exhausted" && until) return `Lane "${lane.label}" has used up its usage window until ${until.toISOString()}.`;
  const own = LASTING.has(reason) ? (LASTING_TEXT[reason] ?? fallback) : message ? `: ${message}` : fallback;
  return `Lane "${lane.label}"${own.startsWith(":") ? "" : " "}${own.replace(/[.\s]*$/, "")}.`;
}

const LASTING_TEXT: Readonly<Record<string, string>> = {
  signed_out: "is signed out of ChatGPT: sign it in again",
  signing_in: "is not signed in to ChatGPT yet",
  paused_by_operator: "is paused: the operator has switched all Codex lanes off",
};

function hintFor({ withheld, keyId, publicUrl }: { withheld: readonly Withheld[]; keyId: string; publicUrl: string }): string {
  const [first] = withheld;
  if (!first) return `Your lanes: ${publicUrl}/dashboard/lanes`;
  const same = withheld.filter((entry) => entry.class === first.class).map(({ lane }) => `"${lane.label}"`);
  return `${same.join(" and ")} may take over when you allow it under "${OPTION[first.class]}" for this API key: ${publicUrl}/dashboard/keys/${keyId}`;
}

function retryAfterS(standings: readonly CodexStanding[], now: Date): number {
  const until = earliestReset(standings);
  if (!until) return RETRY_DEFAULT_S;
  return Math.min(RETRY_MAX_S, Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1000)));
}

export function earliestReset(standings: readonly { until: Date | null }[]): Date | null {
  const known = standings.flatMap(({ until }) => (until ? [until.getTime()] : []));
  return known.length === 0 ? null : new Date(Math.min(...known));
}

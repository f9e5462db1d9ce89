import type { ForetoldLane } from "@/lib/gateway/foretell";
import type { SkipReason } from "@/lib/gateway/plan-lanes";

type Class = Extract<ForetoldLane, { does: "stays_closed" }>["class"];
type Spill = NonNullable<Extract<ForetoldLane, { does: "answers" }>["spill"]>;

const SKIPPED: Record<SkipReason, string> = {
  paused: "You have paused it.",
  paused_by_operator: "The operator has switched all Codex lanes off.",
  signing_in: "Its sign-in is not finished.",
  signed_out: "It is signed out.",
  exhausted: "Its usage is used up.",
  cooling: "It is passed over for a moment after a failure.",
  no_provider: "The operator has no provider in service.",
  model_not_sold: "The wallet does not sell this model.",
  cannot: "It cannot carry this request.",
  response_not_found: "The previous response is not stored on it.",
  not_needed: "A lane above it answers.",
  paid_after_ambiguous: "A lane above it may have charged for it already.",
  spill_not_allowed: "This key does not let it take over.",
};

const SPILLS: Record<Spill, string> = {
  exhausted: "It takes over, since the usage windows above it are closed.",
  lost: "It takes over, since the Codex lanes above it cannot answer now.",
  cannot: "It takes over what the Codex lanes above it cannot do.",
  busy: "It takes over from Codex lanes that are busy.",
  pinned: "The turn that it had taken over goes on here.",
};

const OPENS: Record<Class, string> = {
  exhausted: "their usage windows are closed",
  lost: "they are signed out or gone",
  cannot: "they cannot do what is asked",
  busy: "they are busy",
};

const CLOSED: Record<Class, string> = {
  exhausted: "has used up its windows",
  lost: "is signed out or gone, and this key does not let it take over then",
  cannot: "cannot do what is asked, and this key does not let it take over then",
  busy: "is to be asked first, and this key does not let it take over when that one is busy",
};

/** Sentences for the owner of the lane: what it would do, and why. */
export function foretoldWords(lane: ForetoldLane): string[] {
  switch (lane.does) {
    case "answers":
      return [
        lane.spill === null
          ? lane.isPinned
            ? "The thread is on it, so it is asked first."
            : "It is the first from the top that can."
          : SPILLS[lane.spill],
        ...lane.edits.map((note) => `Changed on the way: ${note}.`),
        ...(lane.ignored.length > 0 ? [`Left out, since Codex does not keep it: ${lane.ignored.join(", ")}.`] : []),
      ];
    case "stands_by":
      if (lane.opensWhen === null) return ["It is next when those before it do not answer."];
      return [`It takes over from the Codex lanes above when ${listOf(lane.opensWhen.map((why) => OPENS[why]))}.`];
    case "cannot_pay":
      return [lane.message];
    case "stays_closed":
      return [`“${lane.behind}” above it ${CLOSED[lane.class]}.`];
    case "is_passed_over":
      return [SKIPPED[lane.reason], ...(lane.evidence === null ? [] : [lane.evidence])];
  }
}

function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

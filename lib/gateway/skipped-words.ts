import type { SkippedLane } from "@/lib/gateway/plan-lanes";

/** What there is to say of lanes that were not asked, lane by lane: a refusal names whoever could have answered. */
export function skippedWords(skipped: readonly SkippedLane[]): string {
  return skipped.flatMap(wordsOf).join(" ");
}

export function pausedWords(skipped: readonly SkippedLane[]): string {
  return skippedWords(skipped.filter(({ reason }) => reason === "paused"));
}

function wordsOf({ lane, reason, evidence }: SkippedLane): string[] {
  const say = (words: string) => [`Lane "${lane.label}" ${words}.`];
  switch (reason) {
    case "paused":
      return say("is paused");
    case "exhausted":
      return say(`has used up its limit until ${lane.stateUntil?.toISOString() ?? "its reset"}`);
    case "cooling":
      return say("is passed over for a moment, since it has just failed");
    case "no_provider":
      return say("has no provider in service");
    case "model_not_sold":
      return say("has no price for the model");
    case "response_not_found":
      return say("has not made that response");
    case "cannot":
      return [`Lane "${lane.label}": ${(evidence ?? "cannot take this request").replace(/[.\s]*$/, "")}.`];
    case "paused_by_operator":
    case "signing_in":
    case "signed_out":
    case "not_needed":
    case "paid_after_ambiguous":
    case "spill_not_allowed":
      return [];
  }
}

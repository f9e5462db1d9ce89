import type { RequestView } from "@/lib/requests/read";

type Decision = RequestView["decisions"][number];

const REASONS: Record<string, string> = {
  paused: "paused by you",
  paused_by_operator: "Codex lanes were switched off by the operator",
  signing_in: "its sign-in was not finished",
  signed_out: "signed out",
  exhausted: "its usage window was used up",
  cooling: "passed over for a moment after a failure",
  no_provider: "the operator had no provider selected",
  model_not_sold: "this model is not sold on the wallet",
  model_not_found: "this account has no such model",
  cannot: "it cannot carry this request",
  response_not_found: "the previous response is stored on another lane",
  not_needed: "a lane above it had answered",
  paid_after_ambiguous: "the lane above may have charged for it already",
  spill_not_allowed: "this key does not let it take over from the Codex lanes above",
  queue_full: "its line was full",
  queue_deadline: "its turn did not come in time",
  deadline: "the answer did not come in time",
  usage_limit: "OpenAI said that its usage window is used up",
  usage_limit_reached: "OpenAI said that its usage window is used up",
  runner_lost: "its container could not be reached",
  no_runner: "no machine was there to run its container",
  container_failed: "its container did not come up",
  container_lost: "its container was lost on the way",
  cut_before_content: "its answer broke off before the first word",
  wallet_empty: "the wallet could not cover it",
  budget_reached: "the key's budget was reached",
  lane_cannot: "it cannot carry this request",
  refused: "the request itself was refused",
};

/** One line of the list: what was decided about a lane, and why, for its owner. */
export function decisionWords({ decision, reason, evidence }: Decision): { verb: string; why: string | null; evidence: string | null } {
  const verb = decision === "answered" ? "answered" : decision === "declined" ? "was tried" : "was passed over";
  const why = reason === null ? null : (REASONS[reason] ?? reason.replaceAll("_", " "));
  return { verb, why, evidence };
}

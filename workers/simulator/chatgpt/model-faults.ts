import type { Behaviour } from "@/workers/simulator/openai/behaviour";
import { burst429, contextTooLong, modelNotFound, refusal, serverError } from "@/workers/simulator/openai/refusals";
import { detail, tokenExpired } from "@/workers/simulator/chatgpt/backend-refusals";
import { usageLimitReached } from "@/workers/simulator/chatgpt/limits-on-the-wire";
import type { SimulatedAccount } from "@/workers/simulator/chatgpt/simulated-accounts";

/** What a model call of one account does instead of answering well; given to `control.nextCalls`. `deltas` counts those of the text. */
export type ModelFault =
  /** 429, with the account's windows full from now on unless `keepWindows`. `headers` false: without the numbers. */
  | { kind: "usage_limit"; headers?: boolean; reachedType?: string; keepWindows?: boolean }
  /** Too many requests at this moment, with `Retry-After` when given. */
  | { kind: "burst"; retryAfterS?: number }
  | { kind: "unauthorized" }
  | { kind: "forbidden" }
  | { kind: "overloaded" }
  | { kind: "server_error"; status?: number }
  | { kind: "context_length_exceeded" }
  | { kind: "model_not_found" }
  | { kind: "hang_before_headers" }
  | { kind: "hang_after"; deltas: number }
  | { kind: "cut_before_headers" }
  | { kind: "cut_after"; deltas: number }
  /** `response.failed` after so many deltas. */
  | { kind: "failed"; code: string; message?: string; deltas?: number }
  /** The same, because the windows are full from now on. */
  | { kind: "usage_limit_in_stream"; deltas: number }
  /** Waits for `control.calls.release()`. */
  | { kind: "gate"; at: "before_headers" | "each_event" | { afterDeltas: number } }
  | { kind: "behaviour"; behaviour: Behaviour };

export type FaultPlace = { account: SimulatedAccount; model: string; now: Date };

export function behaviourFor(fault: ModelFault, { account, model, now }: FaultPlace): Behaviour {
  switch (fault.kind) {
    case "usage_limit":
      if (!fault.keepWindows) fillWindows(account);
      return { refuse: usageLimitReached(account, now, { ...fault, model }) };
    case "burst": {
      const burst = burst429(fault.retryAfterS ?? 1);
      return { refuse: fault.retryAfterS === undefined ? { ...burst, headers: undefined } : burst };
    }
    case "unauthorized":
      return { refuse: tokenExpired() };
    case "forbidden":
      return { refuse: detail(403, "You do not have access to this workspace.") };
    case "overloaded":
      return { refuse: refusal(503, { message: "The server is overloaded.", type: "server_error", code: "server_is_overloaded" }) };
    case "server_error":
      return { refuse: serverError(fault.status) };
    case "context_length_exceeded":
      return { refuse: contextTooLong("input") };
    case "model_not_found":
      return { refuse: modelNotFound(model) };
    case "hang_before_headers":
      return { hang: "before_headers" };
    case "hang_after":
      return { hang: { afterDeltas: fault.deltas } };
    case "cut_before_headers":
      return { cut: "before_headers" };
    case "cut_after":
      return { cut: { afterDeltas: fault.deltas } };
    case "failed":
      return { fail: { code: fault.code, message: fault.message ?? "The simulated model failed.", when: afterDeltas(fault.deltas) } };
    case "usage_limit_in_stream":
      fillWindows(account);
      return { fail: { code: "usage_limit_reached", message: "The usage limit has been reached", when: afterDeltas(fault.deltas) } };
    case "gate":
      return { gate: fault.at };
    case "behaviour":
      return fault.behaviour;
  }
}

function afterDeltas(deltas: number | undefined): NonNullable<Behaviour["fail"]>["when"] {
  return deltas === undefined || deltas === 0 ? "before_content" : { afterDeltas: deltas };
}

function fillWindows(account: SimulatedAccount): void {
  const [first] = account.windows;
  if (first) first.usedPercent = 100;
}

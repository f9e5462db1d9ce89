import type { Refusal } from "@/workers/simulator/openai/behaviour";
import { refusal } from "@/workers/simulator/openai/refusals";

/** Refusals in the words of the ChatGPT backend, which differ from the API's. */

export function detail(status: number, text: string): Refusal {
  return { status, body: { detail: text } };
}

export function tokenExpired(): Refusal {
  return refusal(401, {
    message: "Provided authentication token is expired. Please try signing in again.",
    type: "invalid_request_error",
    code: "token_expired",
  });
}

export function tokenInvalidated(): Refusal {
  return refusal(401, {
    message: "Your authentication token has been invalidated. Please try signing in again.",
    type: "invalid_request_error",
    code: "token_invalidated",
  });
}

export function tokenMissing(): Refusal {
  return detail(401, "Unauthorized");
}

export function codexNotIncluded(plan: string): Refusal {
  return { status: 429, body: { error: { type: "usage_not_included", message: "Codex is not included in this plan.", plan_type: plan } } };
}

import type { Refusal } from "@/workers/simulator/openai/behaviour";
import type { Answer } from "@/workers/simulator/openai/send-answer";

/** What a route of the simulated ChatGPT answers: a model call's answer, or a plain one. */
export type PlainAnswer = { status: number; headers: Record<string, string>; body: string };

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): PlainAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

export function refused({ status, body, headers = {} }: Refusal): PlainAnswer {
  return json(body, status, headers);
}

export function html(body: string, status = 200): PlainAnswer {
  return { status, headers: { "content-type": "text/html; charset=utf-8", ...PAGE_HEADERS }, body };
}

export function seeOther(location: string): PlainAnswer {
  return { status: 303, headers: { location }, body: "" };
}

export function isPlain(answer: PlainAnswer | Answer): answer is PlainAnswer {
  return !("kind" in answer);
}

const PAGE_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  // `no-referrer` would also take the origin from the forms.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

import type { Refusal } from "@/workers/simulator/openai/behaviour";

/** OpenAI's own refusals: status, envelope and the headers that clients act on. */

type ErrorFields = { message: string; type: string; param?: string | null; code?: string | null };

export function refusal(
  status: number,
  { message, type, param = null, code = null }: ErrorFields,
  headers?: Record<string, string>,
): Refusal {
  return { status, body: { error: { message, type, param, code } }, headers };
}

export function invalidRequest(message: string, param: string | null = null, code: string | null = null): Refusal {
  return refusal(400, { message, type: "invalid_request_error", param, code });
}

export function invalidJson(): Refusal {
  return invalidRequest(
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
  );
}

export function keyMissing(): Refusal {
  return refusal(401, {
    message: "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
    type: "invalid_request_error",
  });
}

export function keyWrong(key: string): Refusal {
  const shown = key.length > 8 ? `${key.slice(0, 4)}***${key.slice(-4)}` : "***";
  return refusal(401, { message: `Incorrect API key provided: ${shown}.`, type: "invalid_request_error", code: "invalid_api_key" });
}

export function modelNotFound(model: string): Refusal {
  return refusal(404, {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    type: "invalid_request_error",
    code: "model_not_found",
  });
}

export function responseNotFound(id: string): Refusal {
  return refusal(404, { message: `Response with id '${id}' not found.`, type: "invalid_request_error" });
}

export function urlNotFound(method: string, path: string): Refusal {
  return refusal(404, { message: `Invalid URL (${method} ${path})`, type: "invalid_request_error" });
}

export function contextTooLong(param: "input" | "messages"): Refusal {
  return invalidRequest(
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    param,
    "context_length_exceeded",
  );
}

/** Too many requests right now; passes in seconds. */
export function burst429(retryAfterS: number): Refusal {
  return refusal(
    429,
    { message: `Rate limit reached. Please try again in ${retryAfterS}s.`, type: "requests", code: "rate_limit_exceeded" },
    { "retry-after": String(retryAfterS), "retry-after-ms": String(retryAfterS * 1000) },
  );
}

/** A closed usage window, as the ChatGPT backend says it. */
export function usageLimitReached({ resetsAtS, planType = "plus" }: { resetsAtS: number; planType?: string }): Refusal {
  return {
    status: 429,
    body: {
      error: { type: "usage_limit_reached", message: "The usage limit has been reached", plan_type: planType, resets_at: resetsAtS },
    },
  };
}

export function insufficientQuota(): Refusal {
  return refusal(429, {
    message: "You exceeded your current quota, please check your plan and billing details.",
    type: "insufficient_quota",
    code: "insufficient_quota",
  });
}

export function serverError(status = 500): Refusal {
  return refusal(status, { message: "The server had an error while processing your request. Sorry about that!", type: "server_error" });
}

/** Response headers that mean something to a caller; others that an upstream sends are not passed on. */
export const HEADERS = {
  "x-request-id": {
    description: "The request's id, as the request log has it. Quote it when you report something.",
    example: "req_0193c1f2a4b57c3d8e9f0a1b2c3d4e5f",
  },
  "x-switchyard-lane": { description: "The kind of lane that answered: codex, api_key or wallet.", example: "wallet" },
  "x-switchyard-ignored": {
    description: "Fields of the request that the Codex lane left out, by name, with commas between them.",
    example: "temperature, seed",
  },
  "x-switchyard-simulated": { description: "1 on an installation with simulated upstreams: no model has answered.", example: "1" },
  "retry-after": { description: "Whole seconds after which the request is worth sending again.", example: "5" },
  "x-should-retry": {
    description: "false where OpenAI's libraries would send the request again by themselves, and should not.",
    example: "false",
  },
  "x-codex-promo-message": {
    description: "On usage_limit_reached, to Codex: the sentence that Codex shows.",
    example: "Your ChatGPT plan's limit is used up",
  },
  "x-codex-turn-state": { description: "To Codex: what it sends back with the next request of the turn.", example: "opaque" },
  "x-ratelimit-*": { description: "On your own key only: OpenAI's rate-limit headers, as OpenAI sent them.", example: "59" },
  "openai-processing-ms": { description: "The milliseconds that the upstream took.", example: "812" },
  upgrade: { description: "On 426: the protocol to use.", example: "HTTP/1.1" },
  etag: { description: "Names this version of the answer. Send it back as if-none-match.", example: '"6yKqWAk7MVm8yhzTpXEF0w"' },
  "content-disposition": { description: "A file name for the download.", example: 'attachment; filename="requests-2026-11-20.csv"' },
  "cache-control": { description: "How long the answer may be kept.", example: "no-store" },
} as const satisfies Record<string, { description: string; example: string }>;

export type HeaderName = keyof typeof HEADERS;

/** Request headers that the gateway reads, apart from `authorization`, `content-type` and `content-length`. */
export const REQUEST_HEADERS = {
  "idempotency-key":
    "Requests with the same key, API key and body are one: a later one joins the answer that runs, or gets one that could not be delivered, for ten minutes.",
  "content-encoding": "gzip, deflate, br or zstd, for a body that is packed. Unpacked it may have 64 MiB, and 200 times its packed size.",
  "if-none-match": "The etag of an earlier answer. If nothing has changed, the answer is 304 without a body.",
  "user-agent": "Begins with codex for Codex, which then gets errors in the form that it shows.",
  originator: "As user-agent: a value that begins with codex.",
  "x-stainless-retry-count": "Sent by OpenAI's libraries. A retry with the same body joins the request that it repeats, for five minutes.",
  "thread-id": "Codex's thread: keeps a thread on its lane, and stands in the request log.",
  "x-codex-turn-metadata": "Codex's own labels, as JSON: thread, turn and kind of request, for the request log.",
} as const satisfies Record<string, string>;

export type RequestHeaderName = keyof typeof REQUEST_HEADERS;

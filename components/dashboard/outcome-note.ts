import type { RequestView } from "@/lib/requests/read";

type Told = Pick<RequestView, "outcome" | "errorCode" | "errorText" | "edits"> & { tokens: { output: number } };

/** The gateway's own note on the output that it allowed, such as "Wallet: max_output_tokens set to 4000 (what the wallet covers)". */
const OUTPUT_LIMIT = /: max_\w+ set to (\d+)(?: \((.+)\))?$/;

/** Why a request did not end as one wishes, as far as its row knows; null otherwise. */
export function outcomeNote({ outcome, errorText, edits, tokens }: Told): string | null {
  if (errorText) return errorText;
  if (outcome !== "incomplete") return null;
  const [, limit, why] = edits.map((edit) => OUTPUT_LIMIT.exec(edit)).findLast((match) => match !== null) ?? [];
  if (limit === undefined || tokens.output < Number(limit)) return null;
  return `Reached the output limit of ${limit} tokens${why ? `: ${why}` : ""}.`;
}

const OUTPUT_LIMIT_WORDS = "output limit";
/** Codes that do not say it by themselves, ours and OpenAI's. */
const CODE_WORDS: Readonly<Record<string, string>> = {
  lane_cannot: "no lane can do it",
  lanes_exhausted: "lanes used up",
  request_invalid: "invalid request",
  invalid_request_error: "invalid request",
  encoding_unsupported: "unknown encoding",
  ip_not_allowed: "address not allowed",
  upstream_unavailable: "upstream away",
  internal: "internal error",
  max_output_tokens: OUTPUT_LIMIT_WORDS,
};

/** The same in a word or two, for the row of a table: what its code means, or the sentence where there is none. */
export function outcomeBrief(request: Told): string | null {
  const note = outcomeNote(request);
  if (note === null) return null;
  if (request.errorCode) return CODE_WORDS[request.errorCode] ?? request.errorCode.replaceAll("_", " ");
  return request.errorText ?? OUTPUT_LIMIT_WORDS;
}

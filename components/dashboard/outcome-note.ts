import type { RequestView } from "@/lib/requests/read";

type Told = Pick<RequestView, "outcome" | "errorText" | "edits"> & { tokens: { output: number } };

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

import { judgeForCodex } from "@/lib/turns/codex-capabilities";

/**
 * What requests of the stock Codex CLI carry that no Codex lane takes: an item of the input with its tools for one model, custom tools for
 * another. Judged by the table that routes, so the words are those of the request log.
 */
const STOCK_CLI: readonly { [field: string]: unknown }[] = [
  { input: [{ type: "additional_tools", tools: [] }] },
  { tools: [{ type: "custom", name: "apply_patch" }] },
];

export const STOCK_CLI_REFUSALS: readonly string[] = STOCK_CLI.flatMap((body) => {
  const verdict = judgeForCodex("responses", body, { strict: false });
  return verdict.kind === "cannot" ? [verdict.message] : [];
});

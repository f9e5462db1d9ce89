import { configFlags, type SetupTarget } from "@/lib/codex/setup-config";
import { quoteSh } from "@/lib/codex/setup-quote";

export type SetupLinesInput = SetupTarget & {
  /** Null: the line holds a placeholder that the reader replaces. */
  apiKey: string | null;
};

export type SetupLines = {
  exportKey: string;
  /** One request, then back to the prompt. */
  smokeTest: string;
  /** The interactive Codex. */
  start: string;
};

export const KEY_PLACEHOLDER = "paste-your-key-here";

/**
 * Lines for a POSIX shell. The configuration travels in `-c` flags and nothing is written to the customer's own Codex
 * configuration; the flags also keep a Codex daemon with an older key from answering. The interactive line comes last, so
 * that all three may be pasted at once.
 */
export function setupLines(input: SetupLinesInput): SetupLines {
  const [provider = "", table = ""] = configFlags(input);
  const codex = `codex -c ${provider} -c ${quoteSh(table)}`;
  return {
    exportKey: `export ${input.keyEnvName}=${quoteSh(input.apiKey ?? KEY_PLACEHOLDER)}`,
    smokeTest: `${codex} exec --skip-git-repo-check "Say hello"`,
    start: codex,
  };
}

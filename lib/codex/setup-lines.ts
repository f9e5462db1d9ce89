export type SetupLinesInput = {
  /** What Codex shows as the provider's name. */
  brandName: string;
  providerId: string;
  keyEnvName: string;
  /** Without a trailing slash. */
  publicUrl: string;
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
  const provider = [
    `name=${tomlString(providerName(input.brandName))}`,
    `base_url=${tomlString(`${input.publicUrl}/v1`)}`,
    `env_key=${tomlString(input.keyEnvName)}`,
    `wire_api="responses"`,
  ].join(",");
  const codex = `codex -c model_provider=${input.providerId} -c ${shellQuote(`model_providers.${input.providerId}={${provider}}`)}`;
  return {
    exportKey: `export ${input.keyEnvName}=${shellQuote(input.apiKey ?? KEY_PLACEHOLDER)}`,
    smokeTest: `${codex} exec --skip-git-repo-check "Say hello"`,
    start: codex,
  };
}

/** Codex treats a provider that is named exactly "OpenAI" as the original and switches on remote compaction. */
function providerName(brandName: string): string {
  return brandName.trim().toLowerCase() === "openai" ? `${brandName.trim()} gateway` : brandName;
}

/** A TOML basic string; JSON escapes the same characters, apart from DEL. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

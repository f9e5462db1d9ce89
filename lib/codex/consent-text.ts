/**
 * What a customer declares before a ChatGPT account is connected. The version is stored with the date and the address of every
 * declaration: other words are another version.
 */
export const CONSENT = {
  version: "2026-11-20",
  statements: [
    { id: "own_account", text: "This ChatGPT account is my own. I sign in to it myself, and I have not bought, rented or borrowed it." },
    { id: "own_plan", text: "It has a paid ChatGPT plan of mine that includes Codex, and I keep to OpenAI's terms for it." },
    {
      id: "own_workloads",
      text: "I use it for my own work only. I do not share it with others, resell its answers or lend out API keys that reach it.",
    },
  ],
} as const;

/** All that was ever declared, newest first: whoever changes the words adds a version and leaves the former ones as they are. */
const VERSIONS: readonly { version: string; statements: readonly { text: string }[] }[] = [CONSENT];

/** The words of a declaration; null: this release does not know them. */
export function declaredWords(version: string): readonly string[] | null {
  return VERSIONS.find((known) => known.version === version)?.statements.map(({ text }) => text) ?? null;
}

import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEY_PLACEHOLDER, setupLines, type SetupLinesInput } from "@/lib/codex/setup-lines";

const input: SetupLinesInput = {
  brandName: "Switchyard",
  providerId: "codexapi",
  keyEnvName: "CODEXAPI_CODEX_API_KEY",
  publicUrl: "http://127.0.0.1:3000",
  apiKey: "sk-sy-abc123",
};

/** What a shell makes of a line that begins with `codex`: the arguments, one per element. */
function argumentsInShell(line: string): string[] {
  const script = `codex() { printf '%s\\0' "$@"; }\n${line}`;
  return execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
}

describe("setupLines", () => {
  test("the key line exports the key under the configured name", () => {
    expect(setupLines(input).exportKey).toBe("export CODEXAPI_CODEX_API_KEY='sk-sy-abc123'");
  });

  test("without a key the line holds the placeholder", () => {
    expect(setupLines({ ...input, apiKey: null }).exportKey).toBe(`export CODEXAPI_CODEX_API_KEY='${KEY_PLACEHOLDER}'`);
  });

  test("a shell hands Codex one provider table and the prompt", () => {
    expect(argumentsInShell(setupLines(input).smokeTest)).toEqual([
      "-c",
      "model_provider=codexapi",
      "-c",
      'model_providers.codexapi={name="Switchyard",base_url="http://127.0.0.1:3000/v1",env_key="CODEXAPI_CODEX_API_KEY",wire_api="responses"}',
      "exec",
      "--skip-git-repo-check",
      "Say hello",
    ]);
  });

  test("the interactive line is the smoke test without its prompt", () => {
    expect(setupLines(input).smokeTest.startsWith(`${setupLines(input).start} exec`)).toBe(true);
  });

  test("the provider is never named OpenAI", () => {
    expect(setupLines({ ...input, brandName: "OpenAI" }).start).toContain('name="OpenAI gateway"');
  });

  test("no brand name breaks out of its quotes", () => {
    const characters = fc.constantFrom("'", '"', "\\", "$", "`", "!", ";", "}", "\n", "ü", "a", " ");
    const brandNames = fc.string({ unit: characters, minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(brandNames, (brandName) => {
        const table = argumentsInShell(setupLines({ ...input, brandName }).start)[3] ?? "";
        const quoted = /^model_providers\.codexapi=\{name=("(?:[^"\\]|\\.)*"),base_url=/s.exec(table)?.[1] ?? "";
        expect(JSON.parse(quoted)).toBe(brandName);
      }),
      { numRuns: 40 },
    );
  });
});

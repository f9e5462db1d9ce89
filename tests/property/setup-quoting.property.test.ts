import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tomlLiteral, tomlString } from "@/lib/codex/setup-config";
import { setupGuide, type GuideInput } from "@/lib/codex/setup-guide";
import { isCmdSafe, quoteCmd, quotePowershell, quoteSh } from "@/lib/codex/setup-quote";
import { argumentsOfCmd, tokensOfPowershell } from "@/tests/factories/windows-shells";

const nasty = fc.constantFrom(
  "'",
  '"',
  "\\",
  "$",
  "`",
  "!",
  "%",
  "^",
  "&",
  "|",
  "<",
  ">",
  ";",
  "}",
  "{",
  "(",
  ")",
  "@",
  "#",
  "~",
  " ",
  "‘",
  "’",
  "ü",
  "a",
  "1",
);
const text = fc.string({ unit: nasty, minLength: 1, maxLength: 14 });
const withLines = fc.string({ unit: fc.oneof(nasty, fc.constantFrom("\n", "\t", "\u007f")), minLength: 1, maxLength: 14 });

const target = { brandName: "Switchyard", providerId: "codexapi", keyEnvName: "CODEXAPI_CODEX_API_KEY", publicUrl: "https://gw.example" };

/** What a real sh makes of one command line that begins with variables and `codex`. */
function inShell(line: string): { key: string; args: string[] } {
  const script = `codex() { printf '%s\\0' "$CODEXAPI_CODEX_API_KEY" "$@"; }\n${line}`;
  const [key = "", ...args] = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
  return { key, args };
}

function guide(input: Partial<Omit<GuideInput, "target">> & { target?: Partial<GuideInput["target"]> }) {
  const { target: changed, ...rest } = input;
  return setupGuide({ credential: null, model: "gpt-5.5", system: "unix", way: "once", ...rest, target: { ...target, ...changed } });
}

describe("in a real sh", () => {
  test("any brand, address and key comes through whole", () => {
    fc.assert(
      fc.property(withLines, text, text, (brandName, path, secret) => {
        const publicUrl = `https://gw.example/${path}`;
        const shown = guide({ target: { brandName, publicUrl }, credential: { kind: "key", secret } });
        const { key, args } = inShell(shown?.test.line ?? "");
        expect(key).toBe(secret);
        expect(args.slice(0, 3)).toEqual(["-m", "gpt-5.5", "-c"]);
        expect(args[5]).toContain(`base_url=${tomlString(`${publicUrl.replaceAll("'", "%27")}/v1`)}`);
        expect(args[5]).toContain(`name=${tomlString(brandName)}`);
        expect(args.at(-1)).toBe("Say hello");
      }),
      { numRuns: 60 },
    );
  });

  test("any text is one argument", () => {
    fc.assert(
      fc.property(withLines, (given) => {
        expect(execFileSync("sh", ["-c", `printf '%s.' ${quoteSh(given)}`], { encoding: "utf8" })).toBe(`${given}.`);
      }),
      { numRuns: 60 },
    );
  });
});

describe("in PowerShell", () => {
  test("any text is one literal", () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(tokensOfPowershell(`codex -c ${quotePowershell(given)}`)).toEqual(["codex", "-c", given]);
      }),
    );
  });

  test("no argument holds a double quote, which Windows PowerShell would lose", () => {
    fc.assert(
      fc.property(withLines, (brandName) => {
        const line = guide({ system: "powershell", target: { brandName } })?.test.line ?? "";
        const args = tokensOfPowershell(line.slice(line.indexOf(";") + 1));
        expect(args.join("")).not.toContain('"');
        expect(args[6]).toContain(`name=${tomlLiteral(brandName)}`);
      }),
    );
  });
});

describe("in cmd", () => {
  test("a text is one argument", () => {
    fc.assert(
      fc.property(withLines.filter(isCmdSafe), (given) => {
        expect(argumentsOfCmd(`codex -c ${quoteCmd(given)}`)).toEqual(["codex", "-c", given]);
      }),
    );
  });

  test("a text that cmd would change is refused", () => {
    fc.assert(
      fc.property(
        withLines.filter((given) => !isCmdSafe(given)),
        (given) => {
          expect(() => quoteCmd(given)).toThrow("cmd cannot be given");
        },
      ),
    );
  });

  test("a brand of any characters gives one provider table and the prompt", () => {
    fc.assert(
      fc.property(withLines, (brandName) => {
        const line = guide({ system: "cmd", target: { brandName }, credential: { kind: "key", secret: "sk-sy-abc" } })?.test.line ?? "";
        const [set = "", command = ""] = line.split(" && ");
        expect(set).toBe('set "CODEXAPI_CODEX_API_KEY=sk-sy-abc"');
        const args = argumentsOfCmd(command);
        expect(args).toHaveLength(10);
        expect(args[6]).toMatch(
          /^model_providers\.codexapi=\{name='[^']*',base_url='https:\/\/gw\.example\/v1',env_key='CODEXAPI_CODEX_API_KEY',wire_api='responses'\}$/,
        );
        expect(args.at(-1)).toBe("Say hello");
      }),
    );
  });

  test("an address that cmd cannot be given has no lines for cmd", () => {
    expect(guide({ system: "cmd", target: { publicUrl: "https://gw.example/50%25" } })).toBeNull();
  });
});

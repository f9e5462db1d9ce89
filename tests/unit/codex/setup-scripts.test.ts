import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicCodexConfig } from "@/lib/codex/public-config";
import { setupGuide, SYSTEMS, WAYS, type Credential } from "@/lib/codex/setup-guide";
import { setupScriptPowershell } from "@/lib/codex/setup-script-powershell";
import { setupScriptSh } from "@/lib/codex/setup-script-sh";

const target = {
  brandName: `It's "Ours" & Co $HOME`,
  providerId: "codexapi",
  keyEnvName: "CODEXAPI_CODEX_API_KEY",
  publicUrl: "https://gw.example",
};
const require = createRequire(import.meta.url);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "switchyard-setup-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("setup.sh", () => {
  test("is POSIX sh", () => {
    const script = path.join(folder, "setup.sh");
    writeFileSync(script, setupScriptSh(target));
    for (const shell of ["sh", "dash", "bash"]) {
      if (isThere(shell)) execFileSync(shell, ["-n", script]);
    }
    if (!isThere("shellcheck")) return console.log("skipped: shellcheck is not installed");
    expect(spawnSync("shellcheck", ["-s", "sh", "-S", "warning", script], { encoding: "utf8" }).stdout).toBe("");
  });

  test("does nothing before its last line has arrived", () => {
    const script = setupScriptSh(target);
    const cut = script.slice(0, script.lastIndexOf('main "$@"'));
    expect(runSh(cut, { HOME: folder })).toMatchObject({ status: 0, stdout: "" });
  });

  test("without codex on the path says how to get it, and writes nothing", () => {
    const home = mkdtempSync(path.join(folder, "home-"));
    const { status, stderr } = runSh(setupScriptSh(target), { HOME: home, CODEXAPI_CODEX_API_KEY: "sk-x" });
    expect(status).toBe(1);
    expect(stderr).toContain("npm install -g @openai/codex");
    expect(spawnSync("find", [home, "-mindepth", "1"], { encoding: "utf8" }).stdout).toBe("");
  });

  test("an option that it does not know is named", () => {
    const { status, stderr } = runSh(setupScriptSh(target), { HOME: folder }, ["--uninstall"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("there is no option --uninstall") as string });
  });

  test("holds no secret, and nothing that depends on who asks", () => {
    expect(setupScriptSh(target)).not.toMatch(/sk-sy-[0-9A-Za-z]{8}/);
  });
});

describe("PowerShell", () => {
  /** Every line for PowerShell that the page can show, and the script. */
  function powershellTexts(): string[] {
    const lines = WAYS.flatMap((way) =>
      credentials.flatMap((credential) => {
        const guide = setupGuide({ target, credential, model: "gpt-5.5", system: "powershell", way });
        const commands = guide?.byHand.filter(({ what }) => !what.endsWith("block")) ?? [];
        return [...(guide?.steps ?? []), ...(guide ? [guide.test, guide.resume] : []), ...(guide?.undo ? [guide.undo] : []), ...commands];
      }),
    );
    return [setupScriptPowershell(target), ...lines.map(({ line }) => line)];
  }

  test("is read without an error by a real parser", async () => {
    const parse = await parserOf("tree-sitter-powershell");
    if (!parse) return console.log("skipped: web-tree-sitter and tree-sitter-powershell are not installed");
    for (const text of powershellTexts()) expect(parse(text), text).toBe(true);
    expect(parse("function { 'no end")).toBe(false);
  });

  test("has its brackets in pairs and its blocks as they are in config.toml", () => {
    const script = setupScriptPowershell(target);
    expect(script).toContain(publicCodexConfig(target).configToml.split("\n")[2]);
    const code = script.replaceAll(/@'\n[\s\S]*?\n'@/g, "").replaceAll(/#.*$|'(?:[^'\n]|'')*'|"(?:[^"`\n]|`.)*"/gm, "");
    for (const [open, close] of [
      ["(", ")"],
      ["{", "}"],
      ["[", "]"],
    ] as const) {
      expect(code.split(open).length, open).toBe(code.split(close).length);
    }
  });
});

test("cmd lines are read without an error by a real parser", async () => {
  const parse = await parserOf("tree-sitter-batch");
  if (!parse) return console.log("skipped: web-tree-sitter and tree-sitter-batch are not installed");
  for (const way of WAYS) {
    const guide = setupGuide({ target, credential: { kind: "key", secret: "sk-sy-abc" }, model: "gpt-5.5", system: "cmd", way });
    for (const { line } of [...(guide?.steps ?? []), ...(guide?.undo ? [guide.undo] : [])]) expect(parse(`${line}\n`), line).toBe(true);
  }
});

const credentials: (Credential | null)[] = [null, { kind: "key", secret: "sk-sy-abc" }, { kind: "helper", secret: "sy-helper-abc" }];

describe("the guide", () => {
  test("has a line for every system and way, with the key in it where one is chosen", () => {
    for (const system of SYSTEMS) {
      for (const way of WAYS) {
        const guide = setupGuide({ target, credential: { kind: "key", secret: "sk-sy-abc" }, model: "gpt-5.5", system, way });
        expect(guide?.steps[0]?.line, `${system} ${way}`).toContain("sk-sy-abc");
        expect(guide?.undo === null, `${system} ${way}`).toBe(way === "once" && system !== "vscode");
      }
    }
  });

  test("without a key lets the script ask, and never invents one", () => {
    const guide = setupGuide({ target, credential: null, model: "gpt-5.5", system: "unix", way: "permanent" });
    expect(guide?.steps[0]?.line).toBe("curl -fsSL https://gw.example/setup.sh | sh");
    const helper = setupGuide({ target, credential: { kind: "helper", secret: null }, model: "gpt-5.5", system: "unix", way: "permanent" });
    expect(helper?.steps[0]?.line).toBe("curl -fsSL https://gw.example/setup.sh | sh -s -- --helper");
  });

  test("never gives a helper's secret to a command that wants a key", () => {
    const lines = SYSTEMS.flatMap((system) =>
      WAYS.flatMap((way) => {
        const guide = setupGuide({ target, credential: { kind: "helper", secret: "sy-helper-abc" }, model: "gpt-5.5", system, way });
        return [...(guide?.steps ?? []), ...(guide ? [guide.test, guide.resume] : [])].map(({ line }) => line);
      }),
    ).filter((line) => line.includes("sy-helper-abc"));
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(line).toContain("HELPER_SECRET='sy-helper-abc' sh -s --");
  });
});

function runSh(script: string, env: Record<string, string>, args: string[] = []) {
  return spawnSync("sh", ["-s", "--", ...args], {
    input: script,
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin", NODE_ENV: "test", ...env },
  });
}

function isThere(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** Says whether a text has no error. Null: the parser is not installed. */
async function parserOf(language: string): Promise<((text: string) => boolean) | null> {
  const [parserPackage, wasm] = [resolve("web-tree-sitter"), resolve(`${language}/${language}.wasm`)];
  if (parserPackage === null || wasm === null) return null;
  const { Parser, Language } = (await import(parserPackage)) as TreeSitter;
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(new Uint8Array(readFileSync(wasm))));
  return (text) => parser.parse(text)?.rootNode.hasError === false;
}

function resolve(name: string): string | null {
  try {
    return require.resolve(name);
  } catch {
    return null;
  }
}

/** What we use of `web-tree-sitter`, whose types come with it. */
type TreeSitter = {
  Parser: (new () => { setLanguage(language: unknown): void; parse(text: string): { rootNode: { hasError: boolean } } | null }) & {
    init(): Promise<void>;
  };
  Language: { load(bytes: Uint8Array): Promise<unknown> };
};

import { configFlags, markedBlock, tableLines, tomlLiteral, topLines, type SetupTarget } from "@/lib/codex/setup-config";
import { KEY_PLACEHOLDER } from "@/lib/codex/setup-lines";
import { isCmdSafe, quoteCmd, quotePowershell, quoteSh } from "@/lib/codex/setup-quote";

/*
 * Every command that the setup page shows, for each system and each way. Pure: the page makes them anew in the browser for a key
 * that never leaves it, and tests run them in real shells.
 */

export const SYSTEMS = ["unix", "powershell", "cmd", "vscode", "wsl"] as const;
export type System = (typeof SYSTEMS)[number];

/** For one start of Codex; for good; for good but beside a Codex that is signed in elsewhere. */
export const WAYS = ["once", "permanent", "isolated"] as const;
export type Way = (typeof WAYS)[number];

/** A helper without its secret is one that is not made yet: the script asks for it. */
export type Credential = { kind: "key"; secret: string } | { kind: "helper"; secret: string | null };

export type Command = {
  /** What it does; the heading above it. */
  title: string;
  line: string;
  /** Completes "Copy …" for screen readers. */
  what: string;
};

export type Guide = {
  /** In their order: the set-up, where there is one, and Codex itself. */
  steps: Command[];
  /** One question, then back to the prompt. */
  test: Command;
  resume: Command;
  /** Null: the way leaves nothing behind. */
  undo: Command | null;
  /** The same without the script. */
  byHand: Command[];
};

export type GuideInput = {
  target: SetupTarget;
  /** Null: none is there yet. Scripts then ask for it, other lines hold a placeholder. */
  credential: Credential | null;
  model: string;
  system: System;
  way: Way;
};

const TEST = "exec --skip-git-repo-check";
const HELLO = "Say hello";
const RESUME = "resume --last --search";

/** Null: this installation's address or the key cannot be written in a line of cmd. */
export function setupGuide(input: GuideInput): Guide | null {
  const { system, way, target } = input;
  if (system === "vscode") return forEditor(input);
  const shell = system === "cmd" ? cmd : system === "powershell" ? powershell : unix;
  if (system === "cmd" && ![target.publicUrl, input.credential?.secret ?? ""].every((text) => isCmdSafe(text) && !text.includes("'")))
    return null;
  return way === "once" ? once(shell, input) : installed(shell, input);
}

/** What differs between the shells. */
type Shell = {
  quote: (text: string) => string;
  /** TOML strings that survive this shell's way of handing arguments on. */
  toml: ((text: string) => string) | undefined;
  /** One command with one environment variable. */
  withVariable: (name: string, value: string, command: string) => string;
  script: (target: SetupTarget, variable: { name: string; value: string } | null, options: readonly string[]) => string;
  /** The program that starts the isolated Codex. */
  start: (target: SetupTarget) => string;
  byHand: (target: SetupTarget, key: string) => Command[];
};

const unix: Shell = {
  quote: quoteSh,
  toml: undefined,
  withVariable: (name, value, command) => `${name}=${quoteSh(value)} ${command}`,
  script: ({ publicUrl }, variable, options) => {
    const sh = options.length > 0 ? `sh -s -- ${options.join(" ")}` : "sh";
    return `curl -fsSL ${word(`${publicUrl}/setup.sh`, quoteSh)} | ${variable ? `${variable.name}=${quoteSh(variable.value)} ` : ""}${sh}`;
  },
  start: ({ providerId }) => `~/.codex-${providerId}/start`,
  byHand: (target, key) => [
    {
      title: "Keep a copy",
      line: `cp ~/.codex/config.toml ~/.codex/config.toml.before-${target.providerId}`,
      what: "the line that keeps a copy",
    },
    ...configParts(target, "~/.codex/config.toml"),
    {
      title: "Into ~/.bashrc or ~/.zshrc, then a new terminal",
      line: `export ${target.keyEnvName}=${quoteSh(key)}`,
      what: "the line for your shell's start file",
    },
    {
      title: "Undo",
      line: `mv ~/.codex/config.toml.before-${target.providerId} ~/.codex/config.toml`,
      what: "the line that brings the copy back",
    },
  ],
};

const powershell: Shell = {
  quote: quotePowershell,
  toml: tomlLiteral,
  withVariable: (name, value, command) => `$env:${name}=${quotePowershell(value)}; ${command}`,
  script: ({ publicUrl }, variable, options) => {
    const address = word(`${publicUrl}/setup.ps1`, quotePowershell);
    const run = options.length > 0 ? `& ([scriptblock]::Create((irm ${address}))) ${options.join(" ")}` : `irm ${address} | iex`;
    return variable ? `$env:${variable.name}=${quotePowershell(variable.value)}; ${run}` : run;
  },
  start: ({ providerId }) => `& "$HOME\\.codex-${providerId}\\start.cmd"`,
  byHand: (target, key) => [
    {
      title: "Keep a copy",
      line: `Copy-Item "$HOME\\.codex\\config.toml" "$HOME\\.codex\\config.toml.before-${target.providerId}"`,
      what: "the line that keeps a copy",
    },
    ...configParts(target, ".codex\\config.toml in your profile"),
    {
      title: "Set the variable for your Windows user, then open a new window",
      line: `[Environment]::SetEnvironmentVariable(${quotePowershell(target.keyEnvName)}, ${quotePowershell(key)}, 'User')`,
      what: "the line that sets the variable",
    },
    {
      title: "Undo",
      line: `Move-Item -Force "$HOME\\.codex\\config.toml.before-${target.providerId}" "$HOME\\.codex\\config.toml"`,
      what: "the line that brings the copy back",
    },
  ],
};

const cmd: Shell = {
  quote: quoteCmd,
  toml: (text) => tomlLiteral(text.replaceAll(/[%!]/g, "")),
  withVariable: (name, value, command) => `set "${name}=${value}" && ${command}`,
  script: ({ publicUrl }, variable, options) => {
    const run =
      options.length > 0
        ? `& ([scriptblock]::Create((irm '${publicUrl}/setup.ps1'))) ${options.join(" ")}`
        : `irm '${publicUrl}/setup.ps1' | iex`;
    const line = `powershell -NoProfile -ExecutionPolicy Bypass -Command ${quoteCmd(run)}`;
    return variable ? `set "${variable.name}=${variable.value}" && ${line}` : line;
  },
  start: ({ providerId }) => `"%USERPROFILE%\\.codex-${providerId}\\start.cmd"`,
  byHand: (target, key) => [
    {
      title: "Keep a copy",
      line: `copy "%USERPROFILE%\\.codex\\config.toml" "%USERPROFILE%\\.codex\\config.toml.before-${target.providerId}"`,
      what: "the line that keeps a copy",
    },
    ...configParts(target, ".codex\\config.toml in your profile"),
    {
      title: "Set the variable for your Windows user, then open a new window",
      line: `setx ${target.keyEnvName} ${quoteCmd(key)}`,
      what: "the line that sets the variable",
    },
    {
      title: "Undo",
      line: `move /y "%USERPROFILE%\\.codex\\config.toml.before-${target.providerId}" "%USERPROFILE%\\.codex\\config.toml"`,
      what: "the line that brings the copy back",
    },
  ],
};

function configParts(target: SetupTarget, file: string): Command[] {
  return [
    { title: `Above everything else in ${file}`, line: markedBlock(target, topLines(target)).trimEnd(), what: "the first block" },
    {
      title: "At its end",
      line: markedBlock(target, tableLines(target, { kind: "env" })).trimEnd(),
      what: "the second block",
    },
  ];
}

/** Quotes only where they are needed: most lines then look as one would type them. */
function word(text: string, quote: (text: string) => string): string {
  return /^[\w./:-]+$/.test(text) ? text : quote(text);
}

function keyOf(credential: Credential | null): string {
  return credential?.kind === "key" ? credential.secret : KEY_PLACEHOLDER;
}

/** The whole configuration travels with the command; `-c` also keeps a daemon with an older key from answering. */
function once(shell: Shell, { target, credential, model }: GuideInput): Guide {
  const flags = configFlags(target, shell.toml).map((flag) => `-c ${shell.quote(flag)}`);
  const configured = `-m ${word(model, shell.quote)} ${flags.join(" ")}`;
  const run = (command: string) => shell.withVariable(target.keyEnvName, keyOf(credential), command);
  return {
    steps: [{ title: "Start Codex, this once", line: run(`codex --search ${configured}`), what: "the start line" }],
    test: { title: "Ask one question", line: run(`codex ${configured} ${TEST} ${shell.quote(HELLO)}`), what: "the test line" },
    resume: { title: "Go on with your last session here", line: run(`codex ${configured} ${RESUME}`), what: "the resume line" },
    undo: null,
    byHand: [],
  };
}

function installed(shell: Shell, { target, credential, way }: GuideInput): Guide {
  const isIsolated = way === "isolated";
  const isWindows = shell !== unix;
  const isHelper = credential?.kind === "helper" && !isWindows;
  const variable = isHelper
    ? credential.secret === null
      ? null
      : { name: "HELPER_SECRET", value: credential.secret }
    : credential?.kind === "key"
      ? { name: target.keyEnvName, value: credential.secret }
      : null;
  const options = [...(isIsolated ? [isWindows ? "-Isolated" : "--isolated"] : []), ...(isHelper ? ["--helper"] : [])];
  const codex = isIsolated ? shell.start(target) : "codex";
  return {
    steps: [
      { title: "Set Codex up", line: shell.script(target, variable, options), what: "the setup line" },
      {
        title: isIsolated || isHelper ? "Start Codex" : "Start Codex, in a new terminal",
        line: `${codex} --search`,
        what: "the start line",
      },
    ],
    test: { title: "Ask one question", line: `${codex} ${TEST} ${shell.quote(HELLO)}`, what: "the test line" },
    resume: { title: "Go on with your last session here", line: `${codex} ${RESUME}`, what: "the resume line" },
    undo: {
      title: "Take it back",
      line: shell.script(target, null, [isWindows ? "-Undo" : "--undo", ...(isIsolated ? [isWindows ? "-Isolated" : "--isolated"] : [])]),
      what: "the undo line",
    },
    byHand: isIsolated ? [] : shell.byHand(target, keyOf(credential)),
  };
}

/** The extension reads the same `config.toml` as the command line, so only what is there for good reaches it. */
function forEditor(input: GuideInput): Guide {
  const here = installed(unix, { ...input, way: "permanent" });
  const windows = installed(powershell, { ...input, way: "permanent" });
  return {
    ...here,
    steps: [
      { title: "On Linux, macOS or in WSL, in a terminal", line: here.steps[0]!.line, what: "the setup line for Linux, macOS and WSL" },
      { title: "On Windows, in PowerShell", line: windows.steps[0]!.line, what: "the setup line for Windows" },
    ],
    undo: { ...here.undo!, title: "Take it back (Linux, macOS, WSL)" },
    byHand: [],
  };
}

import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

const LANGUAGES = {
  bash: () => import("shiki/langs/bash.mjs"),
  powershell: () => import("shiki/langs/powershell.mjs"),
  bat: () => import("shiki/langs/bat.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  http: () => import("shiki/langs/http.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
};

const ALIASES = {
  sh: "bash",
  shell: "bash",
  zsh: "bash",
  ps1: "powershell",
  cmd: "bat",
  js: "javascript",
  ts: "typescript",
  py: "python",
} as const;

/** Whatever is none of these stands there plain. */
export type CodeLanguage = keyof typeof LANGUAGES | keyof typeof ALIASES | "text" | (string & {});

export type CodePiece = { text: string; color: string | undefined };

/** The highlighter takes time that grows with the text; what is longer stands there plain. */
const HIGHLIGHTED_LENGTH_MAX = 20_000;

/** Colours are variables, so that one rendering serves both themes: `--code-*` in globals.css. */
const THEME = createCssVariablesTheme({ name: "ours", variablePrefix: "--code-", fontStyle: false });

let highlighter: Promise<HighlighterCore> | null = null;

/** Lines of coloured pieces. On the server only: the grammars are large. */
export async function highlight(code: string, language: CodeLanguage): Promise<CodePiece[][]> {
  const name = ALIASES[language as keyof typeof ALIASES] ?? language;
  const load = LANGUAGES[name as keyof typeof LANGUAGES];
  if (!load || code.length > HIGHLIGHTED_LENGTH_MAX) return code.split("\n").map((text) => [{ text, color: undefined }]);
  highlighter ??= createHighlighterCore({ themes: [THEME], langs: [], engine: createJavaScriptRegexEngine() });
  const shiki = await highlighter;
  await shiki.loadLanguage(load());
  const lines = shiki.codeToTokensBase(code, { lang: name, theme: "ours" });
  return lines.map((line) => line.map(({ content, color }) => ({ text: content, color })));
}

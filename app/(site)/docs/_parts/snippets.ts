import type { DocsValues } from "@/app/(site)/docs/_parts/docs-values";
import { curlLine } from "@/lib/codex/curl-line";
import { tableLines, topLines } from "@/lib/codex/setup-config";
import { setupLines } from "@/lib/codex/setup-lines";
import { chatCurl, modelsCurl, nodeExample, pythonExample, sdkEnvironment } from "@/lib/site/sdk-examples";

export type Snippet = { code: string; lang: string; title: string };

/** Where `setup.sh --helper` puts it. */
const HELPER = "~/.codex";

/** Everything in the documentation that somebody may paste and that depends on the installation, by the functions that the dashboard uses. */
export const SNIPPETS = {
  "export-key": ({ target }: DocsValues): Snippet => ({
    code: setupLines({ ...target, apiKey: null }).exportKey,
    lang: "bash",
    title: "The key, in this shell",
  }),
  "codex-start": ({ target }: DocsValues): Snippet => ({
    code: setupLines({ ...target, apiKey: null }).start,
    lang: "bash",
    title: "Interactive Codex, nothing written to disk",
  }),
  "codex-test": ({ target }: DocsValues): Snippet => ({
    code: setupLines({ ...target, apiKey: null }).smokeTest,
    lang: "bash",
    title: "One question, then back to the prompt",
  }),
  "provider-block": ({ target }: DocsValues): Snippet => ({
    code: [...topLines(target), "", ...tableLines(target, { kind: "env" })].join("\n"),
    lang: "toml",
    title: "~/.codex/config.toml",
  }),
  "auth-command": ({ target }: DocsValues): Snippet => ({
    code: tableLines(target, { kind: "command", command: "sh", args: [`${HELPER}/${target.providerId}-key.sh`] }).join("\n"),
    lang: "toml",
    title: "What the script writes with --helper; it fills in the full path",
  }),
  curl: ({ target }: DocsValues): Snippet => ({ code: curlLine(target), lang: "bash", title: "curl, /v1/responses" }),
  "curl-chat": (values: DocsValues): Snippet => ({ code: chatCurl(sdk(values)), lang: "bash", title: "curl, /v1/chat/completions" }),
  "curl-models": (values: DocsValues): Snippet => ({ code: modelsCurl(sdk(values)), lang: "bash", title: "curl, /v1/models" }),
  environment: (values: DocsValues): Snippet => ({
    code: sdkEnvironment(sdk(values)),
    lang: "bash",
    title: "For programs that read these two",
  }),
  python: (values: DocsValues): Snippet => ({ code: pythonExample(sdk(values)), lang: "python", title: "Python: pip install openai" }),
  node: (values: DocsValues): Snippet => ({ code: nodeExample(sdk(values)), lang: "javascript", title: "Node: npm install openai" }),
  me: ({ target: { publicUrl, keyEnvName } }: DocsValues): Snippet => ({
    code: `curl ${publicUrl}/api/v1/me -H "authorization: Bearer $${keyEnvName}"`,
    lang: "bash",
    title: "Balance and key, for scripts",
  }),
} as const;

export type SnippetName = keyof typeof SNIPPETS;

function sdk({ target: { publicUrl, keyEnvName }, model }: DocsValues) {
  return { publicUrl, keyEnvName, model };
}

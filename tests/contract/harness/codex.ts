import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CODEX_VERSION } from "@/lib/openai/codex-release";
import { type CodexFetchProgress, fetchCodexCli } from "@/lib/codex/fetch-cli";

/**
 * Runs the real, stock Codex CLI against an endpoint. Every desk is its own CODEX_HOME and its own git repository, so nothing of the
 * machine's user is read and nothing is shared between tests. Not under the temporary folder: there Codex leaves its sandbox helper out.
 */
export type Endpoint = {
  /** With `/v1`. */
  baseUrl: string;
  apiKey: string;
  /** Let Codex get its key by running a command, instead of from the environment. */
  authCommand?: { command: string; args: string[] };
};

export type CodexDesk = { home: string; work: string; env: NodeJS.ProcessEnv; dispose: () => Promise<void> };

type CodexEvent = { type: string; message?: string; item?: CodexItem; error?: { message: string }; usage?: Record<string, number> };
type CodexItem = {
  type: string;
  text?: string;
  command?: string;
  aggregated_output?: string;
  exit_code?: number | null;
  message?: string;
};

export type CodexRun = { exitCode: number | null; events: CodexEvent[]; stdout: string; stderr: string };

export const PROVIDER_ID = "codexapi";
const KEY_VARIABLE = "CODEXAPI_CODEX_API_KEY";

const REPOSITORY = join(import.meta.dirname, "../../..");
/** A run that takes longer is stuck; it is killed, and the test sees exit code null. */
const RUN_MS_MAX = 120_000;
const PROGRESS_STEP = 0.1;
const exec = promisify(execFile);

let fetched: Promise<string> | undefined;

/** The pinned CLI's path, fetched once into `.cache/codex` (or SWITCHYARD_CODEX_CACHE). Without network it fails and says what to do. */
export function codexBinary(): Promise<string> {
  const cacheDir = process.env.SWITCHYARD_CODEX_CACHE || join(REPOSITORY, ".cache/codex");
  fetched ??= fetchCodexCli({ version: CODEX_VERSION, cacheDir, onProgress: progressPrinter() }).then((cli) => cli.binary);
  return fetched;
}

/** `null`: a Codex that has not been set up for any endpoint. */
export async function openDesk(endpoint: Endpoint | null, options: { model?: string; config?: string } = {}): Promise<CodexDesk> {
  const root = join(REPOSITORY, ".cache/codex-desks", randomUUID());
  const [home, work] = [join(root, "home"), join(root, "work")];
  await mkdir(home, { recursive: true });
  await mkdir(work);
  await writeFile(join(home, "config.toml"), configFor(endpoint, work, options));
  await writeFile(join(work, "notes.txt"), "first line\n");
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: process.env.NODE_ENV,
    PATH: process.env.PATH,
    HOME: home,
    CODEX_HOME: home,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    GIT_CONFIG_GLOBAL: "/dev/null",
    ...(endpoint && !endpoint.authCommand ? { [KEY_VARIABLE]: endpoint.apiKey } : {}),
  };
  const author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
  await exec("git", ["init", "-q", "."], { cwd: work, env });
  await exec("git", ["add", "."], { cwd: work, env });
  await exec("git", [...author, "commit", "-q", "-m", "first"], { cwd: work, env });
  return { home, work, env, dispose: () => rm(root, { recursive: true, force: true }) };
}

export type RunCodexOptions = { args: string[]; cwd: string; env: NodeJS.ProcessEnv; stdin?: string };

export async function runCodex({ args, cwd, env, stdin = "" }: RunCodexOptions): Promise<CodexRun> {
  const child = spawn(await codexBinary(), args, { cwd, env, stdio: "pipe" });
  const stuck = setTimeout(() => child.kill("SIGKILL"), RUN_MS_MAX);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // A run that ends before it has read its input is judged by its exit code.
  child.stdin.on("error", () => undefined).end(stdin);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(stuck);
  const events = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as CodexEvent);
  return { exitCode, events, stdout, stderr };
}

/** The text that a person would read as the answer: the last agent message. */
export function lastMessage(run: CodexRun): string {
  return run.events.findLast((event) => event.type === "item.completed" && event.item?.type === "agent_message")?.item?.text ?? "";
}

/** The text of the failure that a person would read. */
export function failureText(run: CodexRun): string {
  return run.events.find((event) => event.type === "turn.failed")?.error?.message ?? "";
}

type ConfigOptions = { model?: string; config?: string };

/** Beside the provider only what keeps a test off the internet and away from first-run questions. */
function configFor(endpoint: Endpoint | null, work: string, options: ConfigOptions): string {
  return `${endpoint ? modelLines(options) : ""}check_for_update_on_startup = false
${options.config ?? ""}

[analytics]
enabled = false

[features]
plugins = false
apps = false

[notice.model_migrations]
"gpt-5.5" = "gpt-6-sol"

[projects.${JSON.stringify(work)}]
trust_level = "trusted"
${endpoint ? providerTable(endpoint) : ""}`;
}

function modelLines({ model = "gpt-5.5" }: ConfigOptions): string {
  return `model = ${JSON.stringify(model)}
model_provider = "${PROVIDER_ID}"
`;
}

function providerTable({ baseUrl, authCommand }: Endpoint): string {
  const auth =
    authCommand === undefined
      ? `env_key = ${JSON.stringify(KEY_VARIABLE)}`
      : `[model_providers.${PROVIDER_ID}.auth]\ncommand = ${JSON.stringify(authCommand.command)}\nargs = ${JSON.stringify(authCommand.args)}`;
  return `
[model_providers.${PROVIDER_ID}]
name = "Switchyard"
base_url = ${JSON.stringify(baseUrl)}
${auth}
`;
}

function progressPrinter(): (progress: CodexFetchProgress) => void {
  let shown = -1;
  return ({ phase, doneBytes, totalBytes }) => {
    const step = totalBytes === null ? 0 : Math.floor(doneBytes / totalBytes / PROGRESS_STEP);
    if (phase === "download" && step === shown) return;
    shown = step;
    const percent = totalBytes === null ? "" : ` ${Math.round(step * PROGRESS_STEP * 100)} %`;
    process.stderr.write(`Codex CLI ${CODEX_VERSION}: ${phase}${percent}\n`);
  };
}

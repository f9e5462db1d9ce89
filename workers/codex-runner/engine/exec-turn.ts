import { answerTurn } from "@/workers/codex-runner/engine/answer-turn";
import { readRequest } from "@/workers/codex-runner/engine/read-request";
import { readLines } from "@/workers/codex-runner/engine/read-lines";
import { declined, judgeRetry, judgeTurnError } from "@/workers/codex-runner/engine/turn-trouble";
import type { TurnRequest } from "@/lib/turns/read-turn";
import type { Usage } from "@/lib/openai/usage-type";
import type { TurnError } from "@/workers/codex-runner/app-server/app-server-protocol";
import type { EngineEvent } from "@/workers/codex-runner/engine/engine-event";
import type { RunningCommand } from "@/workers/codex-runner/containers/container-driver";
import type { TurnRun, TurnStep } from "@/workers/codex-runner/engine/turn-engine";

/**
 * The other engine: `codex exec --json`, for requests that are one user message of text. It tells no deltas, no windows and no error
 * codes, so an answer comes whole, and what a failure means is read from its words. It must not run beside the account's app-server:
 * two processes on one sign-in use up its refresh token.
 */
export type ExecRun = Omit<TurnRun, "server" | "onLimits"> & {
  /** Starts the CLI in the account's container, on the same home, where nothing else runs meanwhile. */
  spawn: (args: readonly string[], stdin: string) => Promise<CommandOutput>;
};

export type CommandOutput = Omit<RunningCommand, "ref">;

type ExecUsage = {
  input_tokens?: number;
  cached_input_tokens?: number;
  cache_write_input_tokens?: number;
  output_tokens?: number;
  reasoning_output_tokens?: number;
};

type ExecEvent = {
  type?: string;
  message?: string;
  item?: { type?: string; id?: string; text?: string };
  usage?: ExecUsage;
  error?: { message?: string };
};

const LINE_BYTES_MAX = 16 * 1024 * 1024;

export async function* runExecTurn(run: ExecRun): AsyncGenerator<TurnStep> {
  const { ticket, body, signal, onTrouble, spawn } = run;
  // This engine takes text alone: no image is fetched to be declined.
  const read = await readRequest({ ticket, body, signal }, (items) => Promise.resolve(items));
  if (read.kind !== "request") {
    if (!signal.aborted) yield read;
    return;
  }
  const { request } = read;
  const prompt = onlyPrompt(request);
  if (prompt === null) {
    yield declined("cannot", "exec_engine", "This lane runs codex exec, which takes one user message of text and nothing else.");
    return;
  }
  const command = await spawn(execArgs(ticket.model, request), prompt);
  try {
    yield* answerTurn({ ticket, request, events: execEvents(command, signal), signal, onTrouble });
  } finally {
    command.kill();
  }
}

function onlyPrompt({ items, tools, outputSchema }: TurnRequest): string | null {
  const [item] = items;
  if (items.length !== 1 || tools.length > 0 || outputSchema !== null) return null;
  if (item?.type !== "message" || item.role !== "user") return null;
  const texts = item.content.flatMap((part) => (part.type === "input_text" ? [part.text] : []));
  return texts.length === item.content.length ? texts.join("\n") : null;
}

/** The lean configuration stands in the home; here only what differs from request to request. */
function execArgs(model: string, { effort, verbosity }: TurnRequest): string[] {
  const set = (key: string, value: string): string[] => ["-c", `${key}=${JSON.stringify(value)}`];
  return [
    "exec",
    "--json",
    "--ephemeral",
    "--skip-git-repo-check",
    "-s",
    "read-only",
    "-m",
    model,
    ...set("instructions", ""),
    ...(effort === null ? [] : set("model_reasoning_effort", effort)),
    ...(verbosity === null ? [] : set("model_verbosity", verbosity)),
    "-",
  ];
}

async function* execEvents({ stdout, exit, kill }: CommandOutput, signal: AbortSignal): AsyncGenerator<EngineEvent> {
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  // What it prints is the total of the thread.
  let total: ExecUsage = {};
  let usage: Usage | null = null;
  try {
    for await (const line of readLines(stdout, LINE_BYTES_MAX)) {
      const event = readEvent(line);
      switch (event.type) {
        case "item.completed":
          yield* itemEvents(event.item);
          break;
        case "turn.completed":
          usage = usageSince(total, event.usage ?? {});
          total = event.usage ?? total;
          yield { kind: "end", finish: "completed", usage };
          return;
        case "turn.failed":
          yield failureOf(event.error?.message ?? "codex exec failed");
          return;
        case "error":
          if (event.message?.startsWith("Reconnecting")) {
            yield judgeRetry(errorOf(event.message), null, new Date());
            return;
          }
          break;
        default:
          break;
      }
    }
    if (signal.aborted) return;
    yield declined("lost", "exec_failed", `codex exec ended without an answer (exit code ${String(await exit)}).`);
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

function* itemEvents(item: ExecEvent["item"]): Generator<EngineEvent> {
  if (item?.type !== "agent_message") return;
  yield { kind: "message", id: null, phase: null };
  yield { kind: "text", delta: item.text ?? "" };
  yield { kind: "message_end" };
}

function failureOf(text: string): EngineEvent {
  const trouble = judgeTurnError(errorOf(text), null, new Date());
  return trouble.kind === "incomplete" ? { kind: "end", finish: trouble.reason, usage: null } : trouble;
}

/** The names that app-server would have given, by the words that both use. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/usage limit|quota exceeded|out of credits|spend cap|to use codex with your chatgpt plan/i, "usageLimitExceeded"],
  [/log out and sign in again/i, "unauthorized"],
  [/ran out of room/i, "contextWindowExceeded"],
  [/at capacity/i, "serverOverloaded"],
  [/high demand/i, "internalServerError"],
  [/^rate limit exceeded/i, "rateLimitExceeded"],
];

function errorOf(message: string): TurnError {
  const named = NAMED.find(([words]) => words.test(message))?.[1];
  const status = Number(/(?:unexpected|last) status:? (\d{3})/.exec(message)?.[1]);
  const info = named ?? (status > 0 ? { httpConnectionFailed: { httpStatusCode: status } } : "other");
  return { message, codexErrorInfo: info, additionalDetails: null };
}

function usageSince(before: ExecUsage, after: ExecUsage): Usage {
  const since = (key: keyof ExecUsage): number => Math.max(0, (after[key] ?? 0) - (before[key] ?? 0));
  const cached = since("cached_input_tokens");
  const cacheWrite = since("cache_write_input_tokens");
  return {
    freshInputTokens: Math.max(0, since("input_tokens") - cached - cacheWrite),
    cachedInputTokens: cached,
    cacheWriteTokens: cacheWrite,
    outputTokens: since("output_tokens"),
    reasoningTokens: since("reasoning_output_tokens"),
  };
}

/** What is no JSON is no event: a warning of the program's own. */
function readEvent(line: string): ExecEvent {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === "object" && event !== null ? event : {};
  } catch {
    return {};
  }
}

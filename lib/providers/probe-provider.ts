import { request, type Dispatcher } from "undici";
import { SIMULATED_HEADER } from "@/lib/http/simulated-header";
import { SseSplitter, type SseEvent } from "@/lib/openai/sse";
import { readUsage } from "@/lib/openai/usage";
import { authHeader, targetUrl, type ProviderTarget } from "@/lib/providers/provider-target";

/** `detail` is the provider's own answer, for the operator. */
export type ProbeResult = { passed: boolean; detail: string };

const PROBE_TIMEOUT_MS = 60_000;
const BODY_BYTES_MAX = 1024 * 1024;
const MODELS_TRIED_MAX = 5;
const DETAIL_LENGTH_MAX = 500;
/** The least that the Responses API takes. */
const OUTPUT_TOKENS = 16;

const SIMULATED_REFUSED = `The answer carries ${SIMULATED_HEADER}: a simulator made it, and this installation is live.`;

type Answer = { simulated: boolean; status: number; body: string; events: SseEvent[] };

/**
 * One small streamed answer, really asked for and really paid: a provider serves wallets only after it has shown that it
 * streams and that its last event says how many tokens were used. Models that it does not know are passed over.
 */
export async function probeProvider(input: {
  target: ProviderTarget;
  /** In the order in which they are tried. */
  models: readonly string[];
  dispatcher: Dispatcher;
  /** Whether this installation is a simulation: a live one sells no simulated answers. */
  simulated: boolean;
}): Promise<ProbeResult> {
  const models = input.models.slice(0, MODELS_TRIED_MAX);
  let result: ProbeResult = { passed: false, detail: "No model to ask for: set a price first." };
  for (const model of models) {
    let answer: Answer;
    try {
      answer = await ask(input.target, model, input.dispatcher);
    } catch (error) {
      return { passed: false, detail: cut(`No answer from ${new URL(input.target.baseUrl).host}: ${reasonOf(error)}`) };
    }
    result = answer.simulated && !input.simulated ? failed(SIMULATED_REFUSED) : judge(model, answer);
    if (result.passed || !isUnknownModel(answer)) return result;
  }
  return result;
}

async function ask(target: ProviderTarget, model: string, dispatcher: Dispatcher): Promise<Answer> {
  const reply = await request(targetUrl(target, "/responses"), {
    method: "POST",
    dispatcher,
    headers: { ...authHeader(target), "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({
      model,
      input: "Answer with one word: ready",
      max_output_tokens: OUTPUT_TOKENS,
      store: false,
      stream: true,
    }),
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
  });
  const splitter = new SseSplitter();
  const chunks: Buffer[] = [];
  const events: SseEvent[] = [];
  let bytes = 0;
  for await (const chunk of reply.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`its answer is above ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
    events.push(...splitter.push(chunk));
  }
  events.push(...splitter.end());
  return {
    simulated: reply.headers[SIMULATED_HEADER] !== undefined,
    status: reply.statusCode,
    body: Buffer.concat(chunks).toString("utf8"),
    events,
  };
}

function judge(model: string, answer: Answer): ProbeResult {
  if (answer.status !== 200) return failed(`HTTP ${answer.status} for ${model}: ${errorText(answer.body)}`);
  const last = answer.events
    .map((event) => parse(event.data?.toString("utf8") ?? ""))
    .findLast((data) => /^(response\.(completed|incomplete|failed)|error)$/.test(String(data["type"])));
  if (!last) return failed(`${model} did not stream a Responses answer: ${answer.body}`);
  if (last["type"] === "error" || last["type"] === "response.failed") return failed(`${model} failed: ${JSON.stringify(last)}`);
  const reading = readUsage("responses", (last["response"] as Record<string, unknown> | undefined)?.["usage"]);
  if (!reading || reading.flags.includes("missing")) return failed(`${model} answered without saying how many tokens it used.`);
  const { freshInputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = reading.usage;
  const inputTokens = freshInputTokens + cachedInputTokens + cacheWriteTokens;
  if (inputTokens === 0 || outputTokens === 0)
    return failed(`${model} says that it used ${inputTokens} input and ${outputTokens} output tokens.`);
  return { passed: true, detail: `${model} streamed an answer and reported ${inputTokens} input and ${outputTokens} output tokens.` };
}

function isUnknownModel(answer: Answer): boolean {
  if (answer.status !== 404 && answer.status !== 400) return false;
  const error = parse(answer.body)["error"] as Record<string, unknown> | undefined;
  return answer.status === 404 || String(error?.["code"]).includes("model") || error?.["param"] === "model";
}

function errorText(body: string): string {
  const error = parse(body)["error"] as Record<string, unknown> | undefined;
  return typeof error?.["message"] === "string" ? error["message"] : body;
}

/** Anything that is not a JSON object reads as an empty one. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "TimeoutError" ? `none within ${PROBE_TIMEOUT_MS / 1000} s` : error.message || error.name;
}

function failed(detail: string): ProbeResult {
  return { passed: false, detail: cut(detail) };
}

function cut(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, " ").trim();
  return line.length > DETAIL_LENGTH_MAX ? `${line.slice(0, DETAIL_LENGTH_MAX)}…` : line;
}

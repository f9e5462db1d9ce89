import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { type CodexRun, type Endpoint, openDesk, PROVIDER_ID, runCodex } from "@/tests/contract/harness/codex";
import { assertChatChunk, assertChatCompletion, assertResponse, assertResponsesEvent } from "@/tests/contract/harness/schemas";
import { startTui } from "@/tests/contract/harness/tui";

/**
 * What people do with the real Codex CLI and the real `openai` SDK, each against any endpoint that has the simulator behind it. They hand
 * back what the client saw; judging it is the test's part. SDK answers are checked against the SDK's own types on the way.
 */

/** The sandbox is Codex's own affair and not available on every machine that runs the tests. */
const UNSANDBOXED = ["-s", "danger-full-access"];

/** `codex exec` with one prompt; the prompt may hold orders for the simulator (`run: …`). `provider`: more keys of the provider's table. */
export async function codexExec(
  endpoint: Endpoint,
  options: { model: string; prompt: string; provider?: Readonly<Record<string, string>>; args?: string[] },
): Promise<CodexRun> {
  const desk = await openDesk(endpoint, { model: options.model });
  const provider = Object.entries(options.provider ?? {}).flatMap(([key, toml]) => ["-c", `model_providers.${PROVIDER_ID}.${key}=${toml}`]);
  try {
    return await runCodex({
      args: ["exec", "--json", ...UNSANDBOXED, ...provider, ...(options.args ?? []), options.prompt],
      cwd: desk.work,
      env: desk.env,
    });
  } finally {
    await desk.dispose();
  }
}

/** `codex exec --approve-for-me`: an approval that the prompt provokes (`escalate: …`) goes to a guardian turn. */
export async function codexApproved(endpoint: Endpoint, options: { model: string; prompt: string }): Promise<CodexRun> {
  const desk = await openDesk(endpoint, { model: options.model });
  try {
    return await runCodex({ args: ["exec", "--json", "--approve-for-me", options.prompt], cwd: desk.work, env: desk.env });
  } finally {
    await desk.dispose();
  }
}

/** A first turn, then `codex exec resume --last` in the same home with a second prompt. */
export async function codexResumeLast(
  endpoint: Endpoint,
  options: { model: string; prompts: [string, string] },
): Promise<{ first: CodexRun; resumed: CodexRun }> {
  const desk = await openDesk(endpoint, { model: options.model });
  const [firstPrompt, secondPrompt] = options.prompts;
  try {
    const first = await runCodex({ args: ["exec", "--json", ...UNSANDBOXED, firstPrompt], cwd: desk.work, env: desk.env });
    const resumed = await runCodex({
      args: ["exec", "--json", ...UNSANDBOXED, "resume", "--last", secondPrompt],
      cwd: desk.work,
      env: desk.env,
    });
    return { first, resumed };
  } finally {
    await desk.dispose();
  }
}

/** `codex exec review --uncommitted` over one changed file. */
export async function codexReview(endpoint: Endpoint, options: { model: string }): Promise<CodexRun> {
  const desk = await openDesk(endpoint, { model: options.model });
  try {
    await writeFile(join(desk.work, "notes.txt"), "first line\nsecond line\n");
    return await runCodex({ args: ["exec", "review", "--json", "--uncommitted"], cwd: desk.work, env: desk.env });
  } finally {
    await desk.dispose();
  }
}

/** `codex exec -i` with one image. */
export async function codexImage(endpoint: Endpoint, options: { model: string; prompt: string }): Promise<CodexRun> {
  const desk = await openDesk(endpoint, { model: options.model });
  try {
    const image = join(desk.work, "dot.png");
    await writeFile(image, Buffer.from(ONE_PIXEL_PNG, "base64"));
    return await runCodex({ args: ["exec", "--json", ...UNSANDBOXED, "-i", image, "--", options.prompt], cwd: desk.work, env: desk.env });
  } finally {
    await desk.dispose();
  }
}

const ONE_PIXEL_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** The interactive Codex: two turns, then `/compact`, then a turn on what is left, with the thread's title shown. Hands back everything that was on the screen. */
export async function codexTui(endpoint: Endpoint, options: { model: string }): Promise<string> {
  const desk = await openDesk(endpoint, { model: options.model });
  const tui = await startTui(desk, UNSANDBOXED);
  try {
    await tui.waitForText("›");
    await tui.submit("say: first answer");
    await tui.waitForText(turnsDone(1));
    // Codex asks for a title with every turn until it has one.
    await tui.waitForText("Simulated: say: first");
    await tui.submit("say: second answer");
    await tui.waitForText(turnsDone(2));
    await tui.submit("/compact");
    await tui.waitForText("Context compacted");
    await tui.submit("say: third answer");
    await tui.waitForText("• third answer");
    return tui.screen();
  } finally {
    await tui.close();
    await desk.dispose();
  }
}

/** The text of an answer stands before its turn is over; only then does Codex take commands again. */
function turnsDone(count: number): RegExp {
  return new RegExp(`(Worked for[\\s\\S]*){${count}}`);
}

/** An SDK client that never retries, so that a test counts requests. */
export function sdkClient({ baseUrl, apiKey }: Endpoint): OpenAI {
  return new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 });
}

type SdkPrompt = { model: string; prompt: string };

export async function sdkResponse(endpoint: Endpoint, { model, prompt }: SdkPrompt): Promise<OpenAI.Responses.Response> {
  const response = await sdkClient(endpoint).responses.create({ model, input: prompt });
  assertResponse(response);
  return response;
}

export async function sdkResponseStream(endpoint: Endpoint, { model, prompt }: SdkPrompt): Promise<OpenAI.Responses.ResponseStreamEvent[]> {
  const events: OpenAI.Responses.ResponseStreamEvent[] = [];
  for await (const event of await sdkClient(endpoint).responses.create({ model, input: prompt, stream: true })) {
    assertResponsesEvent(event);
    events.push(event);
  }
  return events;
}

/** The SDK's stream helper, which refuses a stream that does not begin with `response.created`. */
export async function sdkResponseHelper(endpoint: Endpoint, { model, prompt }: SdkPrompt): Promise<OpenAI.Responses.Response> {
  return sdkClient(endpoint).responses.stream({ model, input: prompt }).finalResponse();
}

export async function sdkChat(endpoint: Endpoint, { model, prompt }: SdkPrompt): Promise<OpenAI.Chat.ChatCompletion> {
  const completion = await sdkClient(endpoint).chat.completions.create({ model, messages: [{ role: "user", content: prompt }] });
  assertChatCompletion(completion);
  return completion;
}

export async function sdkChatStream(
  endpoint: Endpoint,
  { model, prompt, includeUsage }: SdkPrompt & { includeUsage: boolean },
): Promise<OpenAI.Chat.ChatCompletionChunk[]> {
  const chunks: OpenAI.Chat.ChatCompletionChunk[] = [];
  const stream = await sdkClient(endpoint).chat.completions.create({
    model,
    messages: [{ role: "user", content: prompt }],
    stream: true,
    ...(includeUsage ? { stream_options: { include_usage: true } } : {}),
  });
  for await (const chunk of stream) {
    assertChatChunk(chunk);
    chunks.push(chunk);
  }
  return chunks;
}

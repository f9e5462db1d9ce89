import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codexBinary, type Endpoint, failureText, lastMessage } from "@/tests/contract/harness/codex";
import {
  codexApproved,
  codexExec,
  codexImage,
  codexResumeLast,
  codexReview,
  codexTui,
  sdkChat,
  sdkChatStream,
  sdkClient,
  sdkResponse,
  sdkResponseHelper,
  sdkResponseStream,
} from "@/tests/contract/harness/scenarios";
import { assertChatChunk, assertChatCompletion, assertResponse, assertResponsesEvent } from "@/tests/contract/harness/schemas";
import type { RecordedRequest } from "@/workers/simulator/openai/record-request";
import { type OpenaiSimulator, startOpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";

let simulator: OpenaiSimulator;
let endpoint: Endpoint;

beforeAll(async () => {
  await codexBinary();
  simulator = await startOpenaiSimulator();
  endpoint = { baseUrl: `${simulator.url}/v1`, apiKey: "sk-simulated" };
});

afterAll(() => simulator.close());

/** What `act` sent, whatever ran before it. */
async function requestsOf<T>(act: () => Promise<T>): Promise<{ result: T; requests: RecordedRequest[] }> {
  const before = simulator.requests.length;
  const result = await act();
  return { result, requests: simulator.requests.slice(before) };
}

function kindsOf(requests: RecordedRequest[]): string[] {
  return requests.map((request) => {
    const metadata = JSON.parse(String(request.headers["x-codex-turn-metadata"])) as { request_kind: string; thread_source: string };
    return `${metadata.request_kind} ${metadata.thread_source}`;
  });
}

describe("the real Codex CLI against the simulator", () => {
  test("a gpt-5.5 turn runs the command that the model asked for and answers with its output", async () => {
    const { result, requests } = await requestsOf(() => codexExec(endpoint, { model: "gpt-5.5", prompt: "run: echo sum $((20+22))" }));
    expect(result.exitCode).toBe(0);
    expect(result.events.find((event) => event.item?.type === "command_execution" && event.type === "item.completed")?.item).toMatchObject({
      aggregated_output: "sum 42\n",
      exit_code: 0,
    });
    expect(lastMessage(result)).toContain("sum 42");
    expect(kindsOf(requests)).toEqual(["turn user", "turn user"]);
  });

  test("a gpt-6.1-sol turn reaches the shell through code mode and answers with its output", async () => {
    const { result, requests } = await requestsOf(() => codexExec(endpoint, { model: "gpt-6.1-sol", prompt: "run: echo sum $((20+22))" }));
    expect(result.exitCode).toBe(0);
    expect(lastMessage(result)).toContain("sum 42");
    expect(requests.map((request) => request.headers["x-openai-internal-codex-responses-lite"])).toEqual(["true", "true"]);
  });

  test("resume --last sends the first turn again in front of the second", async () => {
    const { result, requests } = await requestsOf(() => codexResumeLast(endpoint, { model: "gpt-5.5", prompts: ["say: one", "say: two"] }));
    expect([lastMessage(result.first), lastMessage(result.resumed)]).toEqual(["one", "two"]);
    expect(requests.at(-1)?.body.toString()).toContain("say: one");
  });

  test("review --uncommitted reads the verdict", async () => {
    const { result, requests } = await requestsOf(() => codexReview(endpoint, { model: "gpt-5.5" }));
    expect(result.exitCode).toBe(0);
    expect(lastMessage(result)).toContain("Nothing was reviewed");
    expect(requests.map((request) => request.headers["x-openai-subagent"])).toEqual(["review"]);
  });

  test("an approval review lets an escalated command run", async () => {
    const { result, requests } = await requestsOf(() => codexApproved(endpoint, { model: "gpt-5.5", prompt: "escalate: echo allowed" }));
    expect(lastMessage(result)).toContain("Output:\nallowed");
    expect(kindsOf(requests)).toEqual(["turn user", "turn guardian_review", "turn user"]);
  });

  test("an image arrives", async () => {
    const run = await codexImage(endpoint, { model: "gpt-5.5", prompt: "what is this?" });
    expect(lastMessage(run)).toContain("I see 1 image");
  });

  test("a model that does not exist is refused once, in OpenAI's words", async () => {
    const { result, requests } = await requestsOf(() => codexExec(endpoint, { model: "acme-9", prompt: "hi" }));
    expect(result.exitCode).toBe(1);
    expect(failureText(result)).toBe("The model `acme-9` does not exist or you do not have access to it.");
    expect(requests).toHaveLength(1);
  });

  test("a key that a command prints is the one that arrives", async () => {
    const authCommand = { command: "/bin/echo", args: ["sk-from-command"] };
    const { result, requests } = await requestsOf(() =>
      codexExec({ ...endpoint, authCommand }, { model: "gpt-5.5", prompt: "say: hello" }),
    );
    expect(lastMessage(result)).toBe("hello");
    expect(requests.at(-1)?.headers.authorization).toBe("Bearer sk-from-command");
  });

  test("a stream that is cut after a finished item is continued and finished", async () => {
    simulator.control.next({ cut: { afterEvents: 5 } });
    const { result, requests } = await requestsOf(() => codexExec(endpoint, { model: "gpt-5.5", prompt: "say: survived" }));
    expect(lastMessage(result)).toBe("survived");
    expect(requests.map((request) => request.outcome)).toEqual(["cut", "completed"]);
  });

  test.each(["gpt-5.5", "gpt-6.1-sol"])("the interactive %s does two turns, a title, /compact and a turn after it", async (model) => {
    const { result, requests } = await requestsOf(() => codexTui(endpoint, { model }));
    expect(result).toContain("Simulated: say: first");
    expect(kindsOf(requests).toSorted()).toEqual(["compaction user", "turn thread_title", "turn user", "turn user", "turn user"]);
  });
});

describe("the openai SDK against the simulator", () => {
  const model = "gpt-5.5";

  test("a response is a valid one", async () => {
    const response = await sdkResponse(endpoint, { model, prompt: "say: pong" });
    expect(response.output_text).toBe("pong");
  });

  test("every event of a stream is a valid one, in order, and the last carries the usage", async () => {
    const events = await sdkResponseStream(endpoint, { model, prompt: "say: a text that is long enough for many deltas" });
    expect(events).toHaveLength(20);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(events.at(-1)).toMatchObject({ type: "response.completed", response: { usage: { input_tokens: expect.any(Number) } } });
  });

  test("the stream helper puts a response together", async () => {
    const response = await sdkResponseHelper(endpoint, { model, prompt: "say: pong" });
    expect(response.output_text).toBe("pong");
  });

  test.each(["search: weather\nsay: sunny", "tokens: 300"])("the events of %j are valid ones", async (prompt) => {
    const events = await sdkResponseStream(endpoint, { model, prompt });
    expect(events.at(-1)?.type).toBe("response.completed");
  });

  test("the events of tool calls and of encrypted reasoning are valid ones", async () => {
    const stream = await sdkClient(endpoint).responses.create({
      model,
      input: 'call: weather {"city":"Paris"}\nrun: echo hi',
      include: ["reasoning.encrypted_content"],
      tools: [
        { type: "function", name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } }, strict: false },
        { type: "custom", name: "exec" },
      ],
      stream: true,
    });
    const done: string[] = [];
    for await (const event of stream) {
      assertResponsesEvent(event);
      if (event.type === "response.output_item.done") done.push(event.item.type);
    }
    expect(done).toEqual(["reasoning", "function_call", "custom_tool_call"]);
  });

  test("a limit on output ends the response as incomplete, within the limit", async () => {
    const response = await sdkClient(endpoint).responses.create({ model, input: "tokens: 500", max_output_tokens: 100 });
    expect(response).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: { output_tokens: 100 },
    });
  });

  test("a stored response is found, deleted, and then gone", async () => {
    const client = sdkClient(endpoint);
    const { id } = await client.responses.create({ model, input: "say: keep me" });
    expect((await client.responses.retrieve(id)).output_text).toBe("keep me");
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  test("a chat completion is a valid one", async () => {
    const completion = await sdkChat(endpoint, { model: "gpt-4o", prompt: "say: pong" });
    expect(completion.choices[0]?.message.content).toBe("pong");
  });

  test("chat chunks are valid ones and carry usage exactly when it was asked for", async () => {
    const prompt = "say: a text that is long enough for many deltas";
    const asked = await sdkChatStream(endpoint, { model: "gpt-4o", prompt, includeUsage: true });
    const unasked = await sdkChatStream(endpoint, { model: "gpt-4o", prompt, includeUsage: false });
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } });
    expect(unasked.filter((chunk) => "usage" in chunk)).toEqual([]);
  });

  test("models are listed and found, embeddings have the asked length", async () => {
    const client = sdkClient(endpoint);
    expect((await client.models.list()).data.map((row) => row.id)).toContain("gpt-6.1-sol");
    expect((await client.models.retrieve("gpt-5.5")).id).toBe("gpt-5.5");
    const { data } = await client.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"], dimensions: 16 });
    expect(data.map((row) => row.embedding.length)).toEqual([16, 16]);
  });
});

describe("the schemas made from the SDK's types", () => {
  test.each([
    ["an event without its sequence number", () => assertResponsesEvent({ type: "response.output_text.delta", delta: "x" })],
    ["an event that does not exist", () => assertResponsesEvent({ type: "response.nonsense", sequence_number: 0 })],
    ["a response without output", () => assertResponse({ id: "resp_1", object: "response" })],
    [
      "a chunk with a wrong choice",
      () => assertChatChunk({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{}] }),
    ],
    [
      "a completion that is a chunk",
      () => assertChatCompletion({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [] }),
    ],
  ])("refuse %s", (_what, check) => {
    expect(check).toThrow(/^(Not a|No event of)/);
  });
});

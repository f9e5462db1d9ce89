import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { AppError } from "@/lib/errors/app-error";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import { assertChatChunk, assertChatCompletion, assertResponse, assertResponsesEvent } from "@/tests/contract/harness/schemas";
import { endOfTurn, openTurn, serveTurns, type TurnServer } from "@/tests/factories/serve-turns";
import { ADA, signedInCodex, type StartedCodex } from "@/tests/factories/signed-in-codex";
import { ConnectionLost } from "@/workers/codex-runner/app-server/connection-lost";
import type { DeclinedStep, TurnStep } from "@/workers/codex-runner/engine/turn-engine";
import type { ModelFault } from "@/workers/simulator/chatgpt/model-faults";

const CALL = "/backend-api/codex/responses";
const MODEL = "gpt-5.5";
const WEATHER = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

describe.each(["built_in", "lane"] as const)("the real app-server with the %s provider", (provider) => {
  let codex: StartedCodex;
  let served: TurnServer;
  let sdk: OpenAI;

  beforeAll(async () => {
    codex = await signedInCodex(provider);
    served = await serveTurns(() => codex.server);
    sdk = new OpenAI({ baseURL: served.baseUrl, apiKey: "unused", maxRetries: 0 });
  });

  afterEach(() => {
    codex.chatgpt.control.clearFaults();
    codex.chatgpt.control.resetWindows(ADA);
  });

  afterAll(async () => {
    await served.close();
    await codex.close();
  });

  /** The body of the last call of the model. */
  function lastCall(): Record<string, unknown> {
    return codex.chatgpt.requests.findLast(({ method, path }) => method === "POST" && path === CALL)?.json as Record<string, unknown>;
  }

  function modelCalls(): number {
    return codex.chatgpt.requests.filter(({ method, path }) => method === "POST" && path === CALL).length;
  }

  function fails(fault: ModelFault): void {
    codex.chatgpt.control.nextCalls(ADA, fault);
  }

  async function declinedBy(fault: ModelFault, body: object = { model: MODEL, input: "say: hi", stream: true }): Promise<TurnStep[]> {
    fails(fault);
    const { steps, text } = await endOfTurn(openTurn(codex.server, "responses", body));
    if (text !== "") throw new Error(`It was answered: ${text}`);
    return steps;
  }

  describe("Chat Completions", () => {
    test("a whole answer has the text and the usage", async () => {
      const answer = await sdk.chat.completions.create({ model: MODEL, messages: [{ role: "user", content: "say: hello" }] });
      assertChatCompletion(answer);
      expect(answer.choices[0]).toMatchObject({ message: { content: "hello" }, finish_reason: "stop" });
      expect(answer.usage?.prompt_tokens).toBeGreaterThan(0);
      expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0);
    });

    test("a stream has every delta, and the usage at its end for who asks", async () => {
      const stream = await sdk.chat.completions.create({
        model: MODEL,
        messages: [{ role: "user", content: "say: one two three" }],
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks: OpenAI.Chat.ChatCompletionChunk[] = [];
      for await (const chunk of stream) {
        assertChatChunk(chunk);
        chunks.push(chunk);
      }
      const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.content || []);
      expect(deltas.length).toBeGreaterThan(3);
      expect(deltas.join("")).toBe("one two three");
      expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    });

    test("the whole history reaches the model, system messages among it", async () => {
      await sdk.chat.completions.create({
        model: MODEL,
        messages: [
          { role: "system", content: "Be terse." },
          { role: "user", content: [{ type: "text", text: "My name is Ada." }] },
          { role: "assistant", content: "Hello Ada." },
          { role: "user", content: "say: Ada" },
        ],
      });
      const said = (lastCall()["input"] as { role: string; content: { text: string }[] }[]).map((item) => [
        item.role,
        item.content[0]?.text,
      ]);
      expect(said).toEqual([
        ["developer", "Be terse."],
        ["user", "My name is Ada."],
        ["assistant", "Hello Ada."],
        ["user", "say: Ada"],
      ]);
    });

    test("a tool that bears the name of one of Codex's own is called by that name, and its output comes back", async () => {
      const tools = [{ type: "function" as const, function: { name: "exec_command", parameters: WEATHER } }];
      const question = { role: "user" as const, content: 'call: exec_command {"city":"Paris"}' };
      const called = await sdk.chat.completions.stream({ model: MODEL, messages: [question], tools }).finalChatCompletion();
      const [choice] = called.choices;
      expect(choice?.finish_reason).toBe("tool_calls");
      const calls = choice?.message.tool_calls ?? [];
      expect(calls).toMatchObject([{ type: "function", function: { name: "exec_command", arguments: '{"city":"Paris"}' } }]);
      expect(called.usage ?? null).toBeNull();
      const answer = await sdk.chat.completions.create({
        model: MODEL,
        messages: [question, { role: "assistant", tool_calls: calls }, { role: "tool", tool_call_id: calls[0]?.id ?? "", content: "21C" }],
        tools,
      });
      expect(answer.choices[0]?.finish_reason).toBe("stop");
      expect(answer.choices[0]?.message.content).toContain("21C");
    });

    test("parallel calls come together, and only the first when they are not wanted", async () => {
      const tools = ["one", "two"].map((name) => ({ type: "function" as const, function: { name, parameters: WEATHER } }));
      const messages = [{ role: "user" as const, content: 'call: one {"city":"A"}\ncall: two {"city":"B"}' }];
      const both = await sdk.chat.completions.create({ model: MODEL, messages, tools });
      expect(both.choices[0]?.message.tool_calls?.map((call) => call.type === "function" && call.function.name)).toEqual(["one", "two"]);
      const first = await sdk.chat.completions.create({ model: MODEL, messages, tools, parallel_tool_calls: false });
      expect(first.choices[0]?.message.tool_calls).toHaveLength(1);
    });

    test("tool_choice none hides the tools", async () => {
      const tools = [{ type: "function" as const, function: { name: "one", parameters: WEATHER } }];
      const messages = [{ role: "user" as const, content: "call: one {}" }];
      const answer = await sdk.chat.completions.create({ model: MODEL, messages, tools, tool_choice: "none" });
      expect(answer.choices[0]?.finish_reason).toBe("stop");
      expect(lastCall()["tools"]).toEqual([]);
    });

    test("an image in the message reaches the model", async () => {
      const content = [
        { type: "text" as const, text: "What is it?" },
        { type: "image_url" as const, image_url: { url: PIXEL, detail: "high" as const } },
      ];
      const answer = await sdk.chat.completions.create({ model: MODEL, messages: [{ role: "user", content }] });
      expect(answer.choices[0]?.message.content).toContain("I see 1 image.");
    });

    test("a schema is kept, and the SDK parses the answer by it", async () => {
      const schema = z.object({ name: z.string(), age: z.number() });
      const answer = await sdk.chat.completions.parse({
        model: MODEL,
        messages: [{ role: "user", content: "Who?" }],
        response_format: zodResponseFormat(schema, "person"),
      });
      expect(schema.safeParse(answer.choices[0]?.message.parsed).success).toBe(true);
    });

    test("an answer in JSON without a schema is asked for in words", async () => {
      await sdk.chat.completions.create({
        model: MODEL,
        messages: [{ role: "user", content: "say: {}" }],
        response_format: { type: "json_object" },
      });
      expect(JSON.stringify(lastCall()["input"])).toContain("one valid JSON object");
    });

    test("effort and verbosity reach the model", async () => {
      for (const model of [MODEL, "gpt-6.1-sol"]) {
        const messages = [{ role: "user" as const, content: "say: x" }];
        await sdk.chat.completions.create({ model, messages, reasoning_effort: "high", verbosity: "high" });
        expect(lastCall()).toMatchObject({ model, reasoning: { effort: "high" }, text: { verbosity: "high" } });
        expect(JSON.stringify(lastCall()["input"])).not.toContain("configuration_update");
      }
    });

    test("a stop sequence ends the answer before it, and the model with it", async () => {
      fails({ kind: "gate", at: { afterDeltas: 12 } });
      const { calls } = codex.chatgpt.control;
      const aborted = calls.counts.aborted;
      const answer = await sdk.chat.completions.create({
        model: MODEL,
        messages: [{ role: "user", content: "say: abcdefghijklmnopqrstuvwxyz" }],
        stop: ["fgh"],
      });
      expect(answer.choices[0]).toMatchObject({ message: { content: "abcde" }, finish_reason: "stop" });
      expect(answer.usage).toMatchObject({ switchyard_estimated: true });
      expect(answer.usage?.prompt_tokens).toBeGreaterThan(0);
      await calls.until((counts) => counts.aborted === aborted + 1);
    });

    test("an answer that is longer than the client wants is cut", async () => {
      const messages = [{ role: "user" as const, content: "tokens: 200" }];
      const streamed = await sdk.chat.completions.stream({ model: MODEL, messages, max_tokens: 5 }).finalChatCompletion();
      expect(streamed.choices[0]?.finish_reason).toBe("length");
      const whole = await sdk.chat.completions.create({ model: MODEL, messages, max_completion_tokens: 5 });
      expect(whole.choices[0]?.finish_reason).toBe("length");
      expect(whole.usage?.completion_tokens).toBeLessThanOrEqual(5);
    });

    test("the key's ceiling cuts like the client's own", async () => {
      const body = { model: MODEL, messages: [{ role: "user", content: "tokens: 200" }] };
      const { text } = await endOfTurn(openTurn(codex.server, "chat", body, { ticket: { outputTokensMax: 7 } }));
      expect(JSON.parse(text)).toMatchObject({ choices: [{ finish_reason: "length" }] });
    });
  });

  describe("Responses", () => {
    test("a whole answer is a response of the SDK's own types", async () => {
      const answer = await sdk.responses.create({ model: MODEL, input: "say: hello", instructions: "Be terse.", metadata: { a: "b" } });
      assertResponse(answer);
      expect(answer).toMatchObject({
        output_text: "hello",
        status: "completed",
        store: false,
        instructions: "Be terse.",
        metadata: { a: "b" },
      });
      expect(answer.usage?.input_tokens).toBeGreaterThan(0);
    });

    test("a stream has OpenAI's events in their order, numbered without a gap", async () => {
      const events: OpenAI.Responses.ResponseStreamEvent[] = [];
      for await (const event of await sdk.responses.create({ model: MODEL, input: "say: hello there", stream: true })) {
        assertResponsesEvent(event);
        events.push(event);
      }
      expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
      const types = events.map((event) => event.type).filter((type, index, all) => type !== all[index - 1]);
      expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
      expect(types.slice(-7)).toEqual([
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
      ]);
    });

    test("the SDK's stream helper takes it, on a model of Codex's lite kind too", async () => {
      for (const model of [MODEL, "gpt-6.1-sol"]) {
        const answer = await sdk.responses.stream({ model, input: "say: hello" }).finalResponse();
        expect(answer.output_text).toBe("hello");
      }
    });

    test("encrypted reasoning comes back to the account that sealed it", async () => {
      const include: OpenAI.Responses.ResponseIncludable[] = ["reasoning.encrypted_content"];
      const first = await sdk.responses.create({ model: MODEL, input: "say: one", include, store: false });
      const reasoning = first.output.find((item) => item.type === "reasoning");
      expect(reasoning).toMatchObject({ encrypted_content: expect.any(String) });
      const input = [...first.output, { role: "user" as const, content: "say: two" }] as OpenAI.Responses.ResponseInput;
      const second = await sdk.responses.create({ model: MODEL, input, include, store: false });
      expect(second.output_text).toBe("two");
      expect(lastCall()["input"]).toMatchObject([{ type: "reasoning" }, { role: "assistant" }, { role: "user" }]);
    });

    test("reasoning that somebody else has sealed is declined by its name, so that it can be left out", async () => {
      const input = [
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "sealed-by-another" },
        { role: "user", content: "say: x" },
      ];
      const { steps } = await endOfTurn(openTurn(codex.server, "responses", { model: MODEL, input }));
      expect(steps).toMatchObject([{ kind: "declined", class: "cannot", reason: "invalid_encrypted_content" }]);
    });

    test("a function is called, streamed and whole, and its output comes back", async () => {
      const tools = [{ type: "function" as const, name: "get_weather", parameters: WEATHER, strict: true }];
      const input = 'call: get_weather {"city":"Paris"}';
      const answer = await sdk.responses.stream({ model: MODEL, input, tools }).finalResponse();
      const call = answer.output.find((item) => item.type === "function_call");
      expect(call).toMatchObject({ name: "get_weather", arguments: '{"city":"Paris"}' });
      const output = { type: "function_call_output" as const, call_id: call?.call_id ?? "", output: "21C" };
      const followed = await sdk.responses.create({
        model: MODEL,
        tools,
        input: [{ role: "user", content: input }, ...(answer.output as OpenAI.Responses.ResponseInput), output],
      });
      expect(followed.output_text).toContain("21C");
      expect(followed.output.filter((item) => item.type === "function_call")).toEqual([]);
    });

    test("a schema is kept, and the SDK parses the answer by it", async () => {
      const schema = z.object({ city: z.string() });
      const answer = await sdk.responses.parse({ model: MODEL, input: "Where?", text: { format: zodTextFormat(schema, "place") } });
      expect(schema.safeParse(answer.output_parsed).success).toBe(true);
    });

    test("an answer that is cut for its length is incomplete and says why", async () => {
      const answer = await sdk.responses.stream({ model: MODEL, input: "tokens: 300", max_output_tokens: 16 }).finalResponse();
      expect(answer).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
    });
  });

  describe("what fails before anything was said is declined", () => {
    test.each<[string, ModelFault, Partial<DeclinedStep>]>([
      [
        "a full window closes the account until its reset",
        { kind: "usage_limit", headers: true },
        { class: "exhausted", closes: "account", until: expect.any(Date) },
      ],
      [
        "a full window without numbers is looked up",
        { kind: "usage_limit", headers: false },
        { class: "exhausted", closes: "account", until: expect.any(Date) },
      ],
      ["a burst", { kind: "burst", retryAfterS: 1 }, { class: "busy", reason: "rate_limited", closes: null }],
      ["a burst without a time", { kind: "burst" }, { class: "busy", reason: "rate_limited" }],
      ["overload", { kind: "overloaded" }, { class: "busy", reason: "overloaded" }],
      ["an error of OpenAI's", { kind: "server_error" }, { class: "busy" }],
      ["a cut connection", { kind: "cut_before_headers" }, { class: "busy" }],
      ["a refused workspace", { kind: "forbidden" }, { class: "lost", reason: "refused_by_openai" }],
      ["a token that is refused though it is fresh", { kind: "unauthorized" }, { class: "lost" }],
      ["a model that the plan has not", { kind: "model_not_found" }, { class: "cannot", param: "model" }],
      ["a failure told in the stream", { kind: "failed", code: "server_error" }, { class: "busy" }],
    ])("%s", async (_name, fault, expected) => {
      // The built-in provider tries some of it again by itself before it says so.
      codex.chatgpt.control.nextCalls(ADA, fault, 20);
      const steps = await declinedBy(fault);
      expect(steps).toMatchObject([{ kind: "declined", signedOut: false, ...expected }]);
    });

    test("a conversation that is too long is refused", async () => {
      expect(await declinedBy({ kind: "context_length_exceeded" })).toMatchObject([{ kind: "refused", code: "context_too_long" }]);
    });

    test("a whole answer can still be declined when it was cut in the middle", async () => {
      const steps = await declinedBy({ kind: "cut_after", deltas: 3 }, { model: MODEL, input: "say: abcdefghijk" });
      expect(steps).toMatchObject([{ kind: "declined", class: "busy" }]);
    });

    test("one model's limit closes that model only", async () => {
      codex.chatgpt.control.setModelLimits(ADA, [
        { limitId: "codex_other", limitName: "Other", models: [MODEL], windows: [{ minutes: 300, usedPercent: 100 }] },
      ]);
      const { steps } = await endOfTurn(openTurn(codex.server, "responses", { model: MODEL, input: "say: x" }));
      codex.chatgpt.control.setModelLimits(ADA, []);
      expect(steps).toMatchObject([{ kind: "declined", class: "exhausted", closes: "model" }]);
    });

    test("what a Codex lane cannot do is said with the field", async () => {
      const calls = modelCalls();
      const { steps } = await endOfTurn(openTurn(codex.server, "responses", { model: MODEL, input: "x", previous_response_id: "resp_1" }));
      expect(steps).toMatchObject([{ kind: "declined", class: "cannot", param: "previous_response_id" }]);
      expect(modelCalls()).toBe(calls);
    });
  });

  describe("what fails behind the first word ends the stream, and no word comes twice", () => {
    const body = { model: MODEL, input: "say: abcdefghijklmnop", stream: true };

    test.each<[string, ModelFault, Partial<DeclinedStep>]>([
      ["cut", { kind: "cut_after", deltas: 4 }, { class: "busy" }],
      ["failed", { kind: "failed", code: "server_error", deltas: 4 }, { class: "busy" }],
      [
        "out of its window",
        { kind: "usage_limit_in_stream", deltas: 4 },
        { class: "exhausted", closes: "account", until: expect.any(Date) },
      ],
    ])("%s", async (_name, fault, trouble) => {
      fails(fault);
      const calls = modelCalls();
      const troubles: DeclinedStep[] = [];
      const { steps, text } = await endOfTurn(openTurn(codex.server, "responses", body, { onTrouble: (told) => troubles.push(told) }));
      expect(steps[0]).toMatchObject({ kind: "answer" });
      const deltas = [...text.matchAll(/"delta":"([^"]*)"/g)].map(([, delta]) => delta);
      expect("abcdefghijklmnop").toContain(deltas.join(""));
      expect(deltas.length).toBeGreaterThan(0);
      expect(text).toContain("event: response.failed");
      expect(text).not.toContain("response.completed");
      expect(troubles).toMatchObject([trouble]);
      expect(modelCalls()).toBe(calls + 1);
    });
  });

  test("windows are reported while turns run", async () => {
    const seen: ReportedLimits[] = [];
    const body = { model: MODEL, input: "say: x" };
    await endOfTurn(openTurn(codex.server, "responses", body, { onLimits: (limits) => seen.push(limits) }));
    expect(seen.flatMap((limits) => limits.windows.map((window) => window.windowMinutes))).toEqual(expect.arrayContaining([300, 10_080]));
  });

  test("a client that leaves interrupts the model at once", async () => {
    fails({ kind: "gate", at: { afterDeltas: 3 } });
    const { calls } = codex.chatgpt.control;
    const aborted = calls.counts.aborted;
    const leaves = new AbortController();
    const turn = openTurn(
      codex.server,
      "chat",
      { model: MODEL, messages: [{ role: "user", content: "say: abcdef" }], stream: true },
      { signal: leaves.signal },
    );
    await turn.next();
    leaves.abort();
    const { text } = await endOfTurn(turn);
    expect(text).not.toContain("[DONE]");
    await calls.until((counts) => counts.aborted === aborted + 1);
  });

  test("a deadline that passes in the middle is told in the client's own wire", async () => {
    fails({ kind: "gate", at: { afterDeltas: 3 } });
    const deadline = new AbortController();
    const body = { model: MODEL, input: "say: abcdef", stream: true };
    const turn = openTurn(codex.server, "responses", body, { signal: deadline.signal });
    await turn.next();
    deadline.abort(new AppError("upstream_unavailable", "It took too long. Try again."));
    expect((await endOfTurn(turn)).text).toContain("It took too long.");
  });

  test("many turns at once do not hear each other", async () => {
    const words = Array.from({ length: 8 }, (_, index) => `word${index}`);
    const answers = await Promise.all(words.map((word) => sdk.responses.create({ model: MODEL, input: `say: ${word}` })));
    expect(answers.map((answer) => answer.output_text)).toEqual(words);
  });

  test("a conversation larger than the model's own window is passed on whole", async () => {
    const calls = modelCalls();
    const input = `${"word ".repeat(300_000)}\nsay: done`;
    await endOfTurn(openTurn(codex.server, "responses", { model: MODEL, input }));
    expect(modelCalls()).toBe(calls + 1);
    expect(JSON.stringify(lastCall()["input"]).length).toBeGreaterThan(1_400_000);
  });

  test("a conversation above what app-server takes in one frame does not cost the connection", async () => {
    const input = [{ role: "user", content: "a".repeat(17 * 1024 * 1024) }];
    const { steps } = await endOfTurn(openTurn(codex.server, "responses", { model: MODEL, input }));
    expect(steps).toMatchObject([{ kind: "refused", code: "context_too_long" }]);
    expect((await sdk.responses.create({ model: MODEL, input: "say: alive" })).output_text).toBe("alive");
  });

  test("what was said is written to no file of the home", async () => {
    const word = `secret-${provider}-6b1f`;
    const tools = [{ type: "function" as const, name: "tell", parameters: WEATHER, strict: false }];
    await sdk.responses.create({ model: MODEL, input: `say: ${word}` });
    await sdk.responses.create({ model: MODEL, input: `call: tell {"city":"${word}"}`, tools });
    const home = String(codex.box.env.CODEX_HOME);
    const entries = await readdir(home, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.some((file) => file.endsWith("auth.json"))).toBe(true);
    const holding = await Promise.all(files.map(async (file) => ((await readFile(file)).includes(word) ? [file] : [])));
    expect(holding.flat()).toEqual([]);
  });

  test("nothing but the turn and its settings went out, and to nobody but OpenAI", () => {
    const lines = codex.chatgpt.requests.map(({ method, host, path }) => `${method} ${host}${path}`);
    const seen = new Set(lines.filter((line) => !line.includes("auth.openai.com")));
    const expected = [
      `POST chatgpt.com${CALL}`,
      "GET chatgpt.com/backend-api/wham/settings/user",
      "GET chatgpt.com/backend-api/wham/usage",
      "GET chatgpt.com/backend-api/wham/rate-limit-reset-credits",
      "GET chatgpt.com/backend-api/wham/accounts/check",
      ...(provider === "built_in" ? [`GET chatgpt.com${CALL}`] : []),
    ];
    expect([...seen].filter((line) => !expected.includes(line))).toEqual([]);
    expect(codex.chatgpt.proxy.refused).toEqual([]);
  });

  test("a revoked sign-in is told as such", async () => {
    codex.chatgpt.control.revoke(ADA);
    const { steps } = await endOfTurn(openTurn(codex.server, "responses", { model: MODEL, input: "say: x" }));
    expect(steps).toMatchObject([{ kind: "declined", class: "lost", signedOut: true }]);
  });

  test("a crash of the container is thrown, so that its owner can decide", async () => {
    const body = { model: MODEL, input: "say: x" };
    const turn = openTurn(codex.server, "responses", body);
    const [ended] = await Promise.allSettled([endOfTurn(turn), codex.box.kill()]);
    expect(ended).toMatchObject({ status: "rejected", reason: expect.any(ConnectionLost) });
    await expect(codex.server.closed).resolves.toBeInstanceOf(ConnectionLost);
  });
});

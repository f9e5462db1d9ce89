import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Behaviour } from "@/workers/simulator/openai/behaviour";
import { burst429, insufficientQuota, serverError, usageLimitReached } from "@/workers/simulator/openai/refusals";
import { type OpenaiSimulator, startOpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";

let simulator: OpenaiSimulator;

beforeEach(async () => {
  simulator = await startOpenaiSimulator();
});

afterEach(() => simulator.close());

type Sent = { key?: string; headers?: Record<string, string>; signal?: AbortSignal };

function post(path: string, body: unknown, { key = "sk-a", headers, signal }: Sent = {}): Promise<Response> {
  return fetch(`${simulator.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}`, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    signal,
  });
}

type WireEvent = { type: string; delta?: string; response?: Record<string, unknown> & { usage: unknown } };

function stream(behaviour: Behaviour, prompt = "say: hello"): Promise<Response> {
  simulator.control.next(behaviour);
  return post("/v1/responses", { model: "gpt-5.5", input: prompt, stream: true });
}

async function eventsOf(reply: Response): Promise<WireEvent[]> {
  const frames = (await reply.text()).split("\n\n").filter((frame) => frame !== "");
  return frames.map((frame) => JSON.parse(frame.slice(frame.indexOf("data: ") + 6)) as WireEvent);
}

/** What arrived before the connection broke. */
async function bytesBeforeCut(reply: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  await expect(
    (async () => {
      for await (const chunk of reply.body as unknown as AsyncIterable<Uint8Array>) text += decoder.decode(chunk, { stream: true });
    })(),
  ).rejects.toThrow("terminated");
  return text;
}

describe("every answer", () => {
  test("says that it is simulated", async () => {
    const reply = await post("/v1/responses", { model: "gpt-5.5", input: "hi" });
    expect(reply.headers.get("x-switchyard-simulated")).toBe("1");
    expect(await reply.text()).toContain("no model ran");
  });

  test("of the same prompt reports the same usage", async () => {
    const ask = async () => (await (await post("/v1/responses", { model: "gpt-5.5", input: "count me" })).json()) as WireEvent["response"];
    expect((await ask())?.usage).toEqual((await ask())?.usage);
  });

  test("to a prompt that continues a cached one reports cached input, never more than the input", async () => {
    const ask = async (input: unknown[]) => {
      const reply = await post("/v1/responses", { model: "gpt-5.5", input, prompt_cache_key: "thread-1" });
      return ((await reply.json()) as { usage: { input_tokens: number; input_tokens_details: { cached_tokens: number } } }).usage;
    };
    const long = { role: "user", content: "x".repeat(8_000) };
    expect((await ask([long])).input_tokens_details.cached_tokens).toBe(0);
    const second = await ask([long, { role: "user", content: "more" }]);
    expect(second.input_tokens_details.cached_tokens).toBeGreaterThanOrEqual(1_920);
    expect(second.input_tokens_details.cached_tokens).toBeLessThanOrEqual(second.input_tokens);
  });
});

describe("refuses what OpenAI refuses", () => {
  test.each([
    ["a bad key", { model: "gpt-5.5", input: "hi" }, { key: "sk-bad-one" }, 401, "invalid_api_key"],
    ["an unknown model", { model: "acme-9", input: "hi" }, {}, 404, "model_not_found"],
    ["a body that is not JSON", "{", {}, 400, null],
    ["no model", { input: "hi" }, {}, 400, "missing_required_parameter"],
    ["a prompt above the context window", { model: "gpt-4o", input: "x".repeat(600_000) }, {}, 400, "context_length_exceeded"],
    [
      "an unknown previous response",
      { model: "gpt-5.5", input: "hi", previous_response_id: "resp_x" },
      {},
      400,
      "previous_response_not_found",
    ],
    [
      "reasoning that someone else encrypted",
      { model: "gpt-5.5", input: [{ type: "reasoning", id: "rs_1", encrypted_content: "ENC==" }] },
      {},
      400,
      "invalid_encrypted_content",
    ],
  ])("%s", async (_what, body, sent, status, code) => {
    const reply = await post("/v1/responses", body, sent);
    expect(reply.status).toBe(status);
    expect(await reply.json()).toMatchObject({ error: { code } });
  });

  test("an Azure key without its version, and takes it with one", async () => {
    const body = { model: "gpt-4o", messages: [{ role: "user", content: "hi" }] };
    const sent = { headers: { "api-key": "azure", authorization: "" } };
    expect((await post("/openai/deployments/gpt-4o/chat/completions", body, sent)).status).toBe(401);
    expect((await post("/openai/deployments/gpt-4o/chat/completions?api-version=2026-01-01", body, sent)).status).toBe(200);
  });

  test("another key's stored response", async () => {
    const { id } = (await (await post("/v1/responses", { model: "gpt-5.5", input: "hi" })).json()) as { id: string };
    const look = (key: string) => fetch(`${simulator.url}/v1/responses/${id}`, { headers: { authorization: `Bearer ${key}` } });
    expect([(await look("sk-a")).status, (await look("sk-b")).status]).toEqual([200, 404]);
  });

  test("cancelling a response that was not in the background", async () => {
    const create = async (background: boolean) =>
      (await (await post("/v1/responses", { model: "gpt-5.5", input: "hi", background })).json()) as { id: string };
    const cancel = async ({ id }: { id: string }) => (await post(`/v1/responses/${id}/cancel`, {})).json();
    expect(await cancel(await create(true))).toMatchObject({ status: "cancelled" });
    expect(await cancel(await create(false))).toMatchObject({ error: { message: "Cannot cancel a synchronous response." } });
  });
});

describe("on a test's order", () => {
  test("answers a burst 429 once, and the next request well", async () => {
    expect((await stream({ refuse: burst429(3) })).headers.get("retry-after")).toBe("3");
    expect((await post("/v1/responses", { model: "gpt-5.5", input: "hi" })).status).toBe(200);
  });

  test("says that a usage window is closed", async () => {
    const reply = await stream({ refuse: usageLimitReached({ resetsAtS: 1_800_000_000 }) });
    expect(await reply.json()).toMatchObject({ error: { type: "usage_limit_reached", resets_at: 1_800_000_000 } });
  });

  test("refuses for a spent quota and for its own failure", async () => {
    expect(await (await stream({ refuse: insufficientQuota() })).json()).toMatchObject({ error: { code: "insufficient_quota" } });
    expect((await stream({ refuse: serverError(503) })).status).toBe(503);
  });

  test("cuts before the headers", async () => {
    await expect(stream({ cut: "before_headers" })).rejects.toThrow("fetch failed");
  });

  test("cuts after whole events", async () => {
    const text = await bytesBeforeCut(await stream({ cut: { afterEvents: 3 } }));
    expect(text.split("\n\n").map((frame) => frame.split("\n")[0])).toEqual([
      "event: response.created",
      "event: response.in_progress",
      "event: response.output_item.added",
      "",
    ]);
    expect(simulator.requests[0]?.outcome).toBe("cut");
  });

  test("cuts in the middle of an event", async () => {
    const text = await bytesBeforeCut(await stream({ cut: { afterEvents: 2, midEvent: true } }));
    expect(text.split("\n\n")[2]).toMatch(/^event: response.output_item.added\ndata: \{.*[^}]$/);
  });

  test("hangs, and sees the client leave", async () => {
    const client = new AbortController();
    simulator.control.next({ hang: "before_headers" });
    const reply = post("/v1/responses", { model: "gpt-5.5", input: "hi" }, { signal: client.signal });
    await simulator.control.until(({ started }) => started === 1);
    client.abort();
    await expect(reply).rejects.toThrow("aborted");
    await simulator.control.until(({ aborted }) => aborted === 1);
    expect(simulator.requests[0]?.outcome).toBe("aborted");
  });

  test("waits at a gate until it is released", async () => {
    const reply = await stream({ gate: { afterEvents: 2 } });
    await simulator.control.until(({ held }) => held === 1);
    simulator.control.release();
    expect((await eventsOf(reply)).at(-1)?.type).toBe("response.completed");
    await simulator.control.until(({ completed }) => completed === 1);
  });

  test("leaves usage out, or reports what it is told", async () => {
    const usageOf = async (behaviour: Behaviour) => (await eventsOf(await stream(behaviour))).at(-1)?.response?.usage;
    expect(await usageOf({ usage: "omit" })).toBeUndefined();
    expect(await usageOf({ usage: { output_tokens: -5, input_tokens_details: { cached_tokens: 9e9 } } })).toMatchObject({
      output_tokens: -5,
      input_tokens_details: { cached_tokens: 9e9, cache_write_tokens: 0 },
    });
  });

  test("claims that another model served the request, in the header too", async () => {
    const reply = await stream({ servedModel: "gpt-5.5-mini", openaiModelHeader: "gpt-5.5-mini" });
    expect(reply.headers.get("openai-model")).toBe("gpt-5.5-mini");
    expect((await eventsOf(reply))[0]?.response).toMatchObject({ model: "gpt-5.5-mini", headers: { "openai-model": "gpt-5.5-mini" } });
  });

  test.each([
    ["before_content", 3],
    ["after_content", 13],
  ] as const)("fails %s", async (when, count) => {
    const events = await eventsOf(await stream({ fail: { code: "server_error", message: "broken", when } }));
    expect(events).toHaveLength(count);
    expect(events.at(-1)).toMatchObject({ type: "response.failed", response: { error: { code: "server_error", message: "broken" } } });
  });

  test("ends twice", async () => {
    const events = await eventsOf(await stream({ duplicateTerminal: true }));
    expect(events.slice(-2).map((event) => event.type)).toEqual(["response.completed", "response.completed"]);
  });

  test("sends one event of a megabyte", async () => {
    const events = await eventsOf(await stream({ hugeEventBytes: 1_000_000 }));
    expect(events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta?.length)).toEqual([1_000_000]);
  });

  test("scripts only the request that matches", async () => {
    simulator.control.next({ refuse: burst429(1) }, (request) => request.path.endsWith("/completions"));
    expect((await post("/v1/responses", { model: "gpt-5.5", input: "hi" })).status).toBe(200);
    expect((await post("/v1/chat/completions", { model: "gpt-4o", messages: [{ role: "user", content: "hi" }] })).status).toBe(429);
  });

  test("misbehaves until told to stop", async () => {
    const status = async () => (await post("/v1/responses", { model: "gpt-5.5", input: "hi" })).status;
    simulator.control.always({ refuse: burst429(1) });
    expect([await status(), await status()]).toEqual([429, 429]);
    simulator.control.always(null);
    expect(await status()).toBe(200);
  });

  test("takes orders from the prompt and from a header", async () => {
    const fromPrompt = await post("/v1/responses", { model: "gpt-5.5", input: 'hello [[sim {"servedTier":"flex"}]]' });
    expect(await fromPrompt.json()).toMatchObject({ service_tier: "flex" });
    const headers = { "x-sim-behaviour": JSON.stringify({ servedTier: "flex" }) };
    const fromHeader = await post("/v1/responses", { model: "gpt-5.5", input: "hello" }, { headers });
    expect(await fromHeader.json()).toMatchObject({ service_tier: "flex" });
  });

  test("sends as many events as it is paced to, on both wires", async () => {
    simulator.control.pace(30);
    const text = "say: a text that is long enough to be split into thirty pieces";
    expect(await eventsOf(await stream({}, text))).toHaveLength(30);
    const chat = await post("/v1/chat/completions", { model: "gpt-4o", stream: true, messages: [{ role: "user", content: text }] });
    expect((await chat.text()).split("\n\n").filter((frame) => frame !== "")).toHaveLength(30);
  });
});

import { expect, test } from "vitest";
import { eventType } from "@/lib/openai/event-type";
import { createdEvent, emptyChatChunk, inProgressEvent } from "@/lib/openai/own-events";
import { ResponseRemap } from "@/lib/openai/remap-response";
import { scrubEvent, scrubJson } from "@/lib/openai/scrub-event";
import { makeEvent, SseSplitter } from "@/lib/openai/sse";
import type { SseEvent } from "@/lib/openai/sse";

const own = { responseId: "resp_own", model: "m", createdAtS: 1_700_000_000 };

function one(text: string): SseEvent {
  return new SseSplitter().push(Buffer.from(text))[0]!;
}

function json(event: SseEvent | null): Record<string, unknown> {
  return JSON.parse(event!.data!.toString()) as Record<string, unknown>;
}

test("our own announcement is a whole response in progress", () => {
  expect(json(one(createdEvent(own).toString()))).toMatchObject({
    type: "response.created",
    sequence_number: 0,
    response: { id: "resp_own", object: "response", status: "in_progress", output: [], error: null },
  });
  expect(one(inProgressEvent(own, 3).toString())).toMatchObject({ event: "response.in_progress" });
  expect(json(one(emptyChatChunk(own).toString()))).toMatchObject({
    object: "chat.completion.chunk",
    choices: [{ delta: {}, finish_reason: null }],
  });
});

test("after our own announcement the upstream's is dropped and its events continue ours", () => {
  const remap = new ResponseRemap("resp_own", 5);
  expect(remap.map(one('data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_up"}}\n\n'))).toBeNull();
  expect(remap.map(one('data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_up"}}\n\n'))).toBeNull();
  const delta = remap.map(
    one(
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":2,"delta":"\\"sequence_number\\":2"}\n\n',
    ),
  );
  expect(delta!.raw.toString()).toBe(
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":5,"delta":"\\"sequence_number\\":2"}\n\n',
  );
  const done = remap.map(one('data: {"type":"response.completed","response":{"usage":{"id":1},"id":"resp_up"},"sequence_number":3}\n\n'));
  expect(json(done)).toEqual({ type: "response.completed", response: { usage: { id: 1 }, id: "resp_own" }, sequence_number: 6 });
  expect(remap.nextSequenceNumber).toBe(7);
});

test("header maps inside events keep what may come back as a header: less on the operator's key than on the customer's own", () => {
  const data = {
    type: "response.created",
    response: { id: "r", headers: { "OpenAI-Model": "gpt-x", "X-RateLimit-Limit": "1", "openai-organization": "org", "x-new": "1" } },
    headers: { "openai-model": "gpt-x", "X-Codex-Turn-State": "s", "x-codex-primary-used-percent": "50", "cf-ray": "1" },
  };
  const event = makeEvent("response.created", Buffer.from(JSON.stringify(data)));
  const operators = { type: "response.created", response: { id: "r", headers: {} }, headers: { "X-Codex-Turn-State": "s" } };
  const scrubbed = scrubEvent(event);
  expect(json(scrubbed)).toEqual(operators);
  expect(json(scrubEvent(event, { operatorKey: true }))).toEqual(operators);
  expect(scrubbed.raw.toString().startsWith("event: response.created\ndata: {")).toBe(true);
  expect(json(scrubEvent(event, { operatorKey: false }))).toEqual({
    type: "response.created",
    response: { id: "r", headers: { "X-RateLimit-Limit": "1", "openai-organization": "org" } },
    headers: { "X-Codex-Turn-State": "s", "x-codex-primary-used-percent": "50" },
  });
});

test("an event without such headers comes back as the same bytes", () => {
  const event = one('data: {"type":"response.output_text.delta","delta":"openai-model \\"headers\\":{\\"openai-model\\":1}"}\n\n');
  expect(scrubEvent(event)).toBe(event);
  const body = Buffer.from('{"tools":[{"parameters":{"headers":{"openai-model":1}}}]}');
  expect(scrubJson(body)).toBe(body);
});

test("the type is the event's own, not that of something inside it", () => {
  expect(eventType(Buffer.from('{"item":{"type":"message"},"type":"response.output_item.done"}'))).toBe("response.output_item.done");
  expect(eventType(Buffer.from(' { "type" : "error" }'))).toBe("error");
  expect(eventType(Buffer.from('{"item":{"type":"message"}}'))).toBeNull();
  expect(eventType(Buffer.from("[DONE]"))).toBeNull();
});

test("comments hold no data, and several data lines are one", () => {
  expect(one(": ping\n\n")).toMatchObject({ data: null, event: null });
  expect(one("event: x\ndata: a\ndata:b\n\n")).toMatchObject({ event: "x", data: Buffer.from("a\nb") });
});

test("an event that the stream cut off has no data, unless it is whole", () => {
  const splitter = new SseSplitter();
  splitter.push(Buffer.from('data: {"type":"response.comp'));
  expect(splitter.end()).toMatchObject([{ data: null }]);
  splitter.push(Buffer.from("data: [DONE]\n"));
  expect(splitter.end()).toMatchObject([{ data: Buffer.from("[DONE]") }]);
  expect(splitter.end()).toEqual([]);
});

test("an event above 4 MiB is refused", () => {
  const splitter = new SseSplitter();
  const piece = Buffer.alloc(1024 * 1024, 0x61);
  expect(() => {
    for (let count = 0; count < 5; count++) splitter.push(piece);
  }).toThrow(expect.objectContaining({ code: "upstream_unavailable" }) as Error);
});

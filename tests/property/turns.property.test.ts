import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { judgeForCodex } from "@/lib/turns/codex-capabilities";
import { loadTokenizer } from "@/lib/turns/load-tokenizer";
import { OutputLimit, type Passed, type Tokenizer } from "@/lib/turns/output-limit";
import { AppError } from "@/lib/errors/app-error";
import { readTurn } from "@/lib/turns/read-turn";
import { ResponsesWriter } from "@/lib/turns/responses-writer";
import type { AnswerEvent } from "@/lib/turns/answer-event";
import type { TurnItem } from "@/lib/turns/turn-item";

let tokenizer: Tokenizer;

beforeAll(async () => {
  tokenizer = await loadTokenizer();
});

function said(limit: OutputLimit, deltas: readonly string[]): { text: string; cut: Passed["cut"] } {
  limit.use(tokenizer);
  let text = "";
  for (const delta of deltas) {
    const passed = limit.push(delta);
    text += passed.text;
    if (passed.cut !== null) return { text, cut: passed.cut };
  }
  const rest = limit.flush();
  return { text: text + rest.text, cut: rest.cut };
}

/** A text cut into deltas at random places. */
function cutInto(text: fc.Arbitrary<string>): fc.Arbitrary<string[]> {
  return fc.tuple(text, fc.array(fc.nat(400), { maxLength: 12 })).map(([whole, places]) => {
    const ends = [...new Set(places.map((place) => place % (whole.length + 1)))].toSorted((one, other) => one - other);
    return [...ends, whole.length].map((end, index) => whole.slice(index === 0 ? 0 : ends[index - 1], end));
  });
}

const fewLetters = fc.string({ unit: fc.constantFrom("a", "b", "c", "\n"), maxLength: 60 });
const stopText = fc.string({ unit: fc.constantFrom("a", "b", "c", "\n"), minLength: 1, maxLength: 5 });

describe("what the model may say at most", () => {
  test("however an answer is split, it ends before its first stop sequence and nothing of that one is passed on", () => {
    fc.assert(
      fc.property(cutInto(fewLetters), fc.array(stopText, { minLength: 1, maxLength: 4 }), (deltas, stops) => {
        const whole = deltas.join("");
        const first = Math.min(...stops.map((stop) => (whole.includes(stop) ? whole.indexOf(stop) : Infinity)));
        const { text, cut } = said(new OutputLimit({ stops, tokensMax: 1_000 }), deltas);
        // A longer one that begins earlier may be complete only after a shorter one inside of it: the earlier end of what was read counts.
        const earliestEnd = Math.min(...stops.map((stop) => (whole.includes(stop) ? whole.indexOf(stop) + stop.length : Infinity)));
        expect(cut).toBe(first === Infinity ? null : "stop");
        expect(whole.startsWith(text)).toBe(true);
        expect(stops.some((stop) => text.includes(stop))).toBe(false);
        expect(text.length).toBeLessThan(first === Infinity ? Infinity : earliestEnd);
        expect(cut ?? text).toBe(cut ?? whole);
      }),
    );
  });

  test("however an answer is split, no more tokens are passed on than allowed, and all of it when it fits", () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.lorem({ maxCount: 40 }));
    fc.assert(
      fc.property(cutInto(text), fc.integer({ min: 1, max: 60 }), (deltas, tokensMax) => {
        const whole = deltas.join("");
        const passed = said(new OutputLimit({ stops: [], tokensMax }), deltas);
        expect(whole.startsWith(passed.text)).toBe(true);
        expect(tokenizer.encode(passed.text).length).toBeLessThanOrEqual(tokensMax);
        expect(passed.cut ?? passed.text).toBe(passed.cut ?? whole);
      }),
    );
  });

  test("an answer of many pieces is counted as one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 1, max: 5_000 }), (tokensMax, step) => {
        const whole = "word ".repeat(6_000);
        const deltas = Array.from({ length: Math.ceil(whole.length / step) }, (_, index) => whole.slice(index * step, (index + 1) * step));
        const { text, cut } = said(new OutputLimit({ stops: [], tokensMax }), deltas);
        expect(cut).toBe(text.length < whole.length ? "max_output_tokens" : null);
        expect(tokenizer.encode(text).length).toBeLessThanOrEqual(tokensMax);
        // Where two pieces meet a word may count twice.
        expect(tokenizer.encode(text).length).toBeGreaterThanOrEqual(Math.min(tokensMax, 6_001) - 10);
      }),
      { numRuns: 20 },
    );
  });
});

const events: fc.Arbitrary<AnswerEvent[]> = fc.array(
  fc.oneof(
    fc.constant<AnswerEvent>({ kind: "message", id: null, phase: null }),
    fc.string().map((delta): AnswerEvent => ({ kind: "text", delta })),
    fc.constant<AnswerEvent>({ kind: "message_end" }),
    fc.constant<AnswerEvent>({ kind: "reasoning", id: null }),
    fc.tuple(fc.nat(3), fc.string()).map(([part, delta]): AnswerEvent => ({ kind: "summary", part, delta })),
    fc
      .array(fc.string(), { maxLength: 3 })
      .map((summary): AnswerEvent => ({ kind: "reasoning_end", id: null, summary, encryptedContent: null })),
    fc.string().map((written): AnswerEvent => ({ kind: "call", call: { id: null, callId: "c", name: "f", arguments: written } })),
  ),
  { maxLength: 30 },
);

type Told = { type: string; sequence_number: number; output_index?: number; delta?: string; response?: { output: { type: string }[] } };

test("in whatever order a model speaks, the events of a response are numbered, nested and complete", () => {
  fc.assert(
    fc.property(events, (spoken) => {
      let ids = 0;
      const head = { requestId: "req_1", model: "m", createdAtS: 1, stream: true, includeUsage: false };
      const writer = new ResponsesWriter({ ...head, newItemId: () => `id_${ids++}`, echo: {}, encryptedReasoning: false });
      const usage = { freshInputTokens: 1, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0, counted: false };
      const text = spoken.map((event) => writer.write(event)).join("") + writer.end({ finish: "completed", usage });
      const told = [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? "") as Told);

      expect(told.map((event) => event.sequence_number)).toEqual(told.map((_, index) => index));
      expect(told.slice(0, 2).map((event) => event.type)).toEqual(["response.created", "response.in_progress"]);
      expect(told.at(-1)?.type).toBe("response.completed");
      const places = told.slice(2, -1).map(({ type, output_index: index }) => ({ type: type.replace("response.output_item.", ""), index }));
      const added = places.filter(({ type }) => type === "added").map(({ index }) => index);
      // One item after the other, each from its beginning to its end.
      expect(places.map(({ index }) => index)).toEqual(places.map(({ index }) => index).toSorted((one = 0, other = 0) => one - other));
      expect(added).toEqual(added.map((_, index) => index));
      for (const item of added) {
        const types = places.filter(({ index }) => index === item).map(({ type }) => type);
        expect([types[0], types.at(-1), types.filter((type) => type === "added" || type === "done").length]).toEqual(["added", "done", 2]);
      }
      expect(told.at(-1)?.response?.output).toHaveLength(added.length);
      const deltas = told.flatMap((event) => (event.type === "response.output_text.delta" ? [event.delta] : []));
      expect(deltas.join("")).toBe(spoken.map((event) => (event.kind === "text" ? event.delta : "")).join(""));
    }),
  );
});

describe("what is put into a thread", () => {
  const content = fc.oneof(
    fc.string(),
    fc.array(fc.record({ type: fc.constantFrom("input_text", "output_text"), text: fc.string() }), { minLength: 1, maxLength: 3 }),
  );
  const item = fc.oneof(
    fc.record({ role: fc.constantFrom("system", "developer", "user", "assistant"), content }),
    fc.record({ type: fc.constant("reasoning"), summary: fc.constant([]), encrypted_content: fc.option(fc.string()) }),
    fc.record({ type: fc.constant("item_reference"), id: fc.string() }),
    fc.record({
      type: fc.constant("function_call"),
      call_id: fc.constantFrom("a", "b"),
      name: fc.constant("f"),
      arguments: fc.constant("{}"),
    }),
    fc.record({ type: fc.constant("function_call_output"), call_id: fc.constantFrom("a", "b"), output: content }),
    fc.record({ type: fc.constant("message"), role: fc.constant("user"), content: fc.constant([{ type: "refusal", refusal: "no" }]) }),
  );

  test("holds nothing that Codex would drop, refuse or complete by itself", () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 8 }), (input) => {
        const body = { model: "m", input };
        if (judgeForCodex("responses", body, { strict: false }).kind === "cannot") return;
        expect(faultsOf(itemsOrNone(body))).toEqual([]);
      }),
    );
  });
});

/** A body that is at fault is refused, and nothing is put into any thread. */
function itemsOrNone(body: Record<string, unknown>): readonly TurnItem[] {
  try {
    return readTurn("responses", body).items;
  } catch (error) {
    if (error instanceof AppError && error.code === "request_invalid") return [];
    throw error;
  }
}

/** Whatever Codex drops silently, refuses, or completes with something of its own. */
function faultsOf(items: readonly TurnItem[]): string[] {
  const open = new Set<string>();
  const faults = items.flatMap((entry) => {
    switch (entry.type) {
      case "message": {
        const wanted = entry.role === "assistant" ? "output_text" : "input_text";
        const isTaken = ["developer", "user", "assistant"].includes(entry.role) && Array.isArray(entry.content) && entry.content.length > 0;
        return isTaken && entry.content.every((part) => part.type === wanted) ? [] : [JSON.stringify(entry)];
      }
      case "reasoning":
        return entry.encrypted_content === "" ? ["reasoning without content"] : [];
      case "function_call":
        if (open.has(entry.call_id)) return ["a call twice"];
        open.add(entry.call_id);
        return [];
      case "function_call_output":
        return open.delete(entry.call_id) ? [] : ["an output without its call"];
      default:
        return ["an item of an unknown type"];
    }
  });
  return [...faults, ...[...open].map((id) => `${id} without output`)];
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { SseSplitter } from "@/lib/openai/sse";
import type { SseEvent } from "@/lib/openai/sse";

const SAMPLE = Buffer.from(
  [
    "\uFEFFdata: first\n\n",
    ": comment\r\n\r\n",
    'event: response.output_text.delta\r\ndata: {"type":"response.output_text.delta","delta":"ä€𝄞"}\r\n\r\n',
    "data: one\rdata: two\r\r",
    "\n",
    "id: 7\nretry: 10\nevent: x\ndata\ndata:no-space\n\n",
    "data: mixed\r\n\n",
    "data: [DONE]\n\n",
  ].join(""),
);

function split(chunks: Uint8Array[]): SseEvent[] {
  const splitter = new SseSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

function plain(events: SseEvent[]): { raw: string; event: string | null; data: string | null }[] {
  return events.map(({ raw, event, data }) => ({ raw: raw.toString("hex"), event, data: data?.toString() ?? null }));
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [...new Set([0, ...cuts, bytes.length])].toSorted((a, b) => a - b);
  return points.slice(1).map((end, index) => bytes.subarray(points[index], end));
}

test("events are the same wherever the bytes are cut once", () => {
  const whole = plain(split([SAMPLE]));
  for (let cut = 1; cut < SAMPLE.length; cut++) expect(plain(split(cutAt(SAMPLE, [cut])))).toEqual(whole);
});

test("events are the same when every byte comes alone", () => {
  expect(plain(split([...SAMPLE].map((byte) => Buffer.from([byte]))))).toEqual(plain(split([SAMPLE])));
});

test("the raw bytes of all events are the input, whatever it is and however it is cut", () => {
  const line = fc.constantFrom("data: x", "data: [1,2]", "event: y", ":", "", "data", "\uFEFF", "datax: 1", "é: 2");
  const end = fc.constantFrom("\n", "\r\n", "\r", "");
  fc.assert(
    fc.property(fc.array(fc.tuple(line, end), { maxLength: 30 }), fc.array(fc.nat(200), { maxLength: 10 }), (lines, cuts) => {
      const bytes = Buffer.from(lines.flat().join(""));
      const events = split(
        cutAt(
          bytes,
          cuts.map((cut) => Math.min(cut, bytes.length)),
        ),
      );
      expect(Buffer.concat(events.map((event) => event.raw)).equals(bytes)).toBe(true);
      expect(plain(events)).toEqual(plain(split(bytes.length === 0 ? [] : [bytes])));
    }),
  );
});

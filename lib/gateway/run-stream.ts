import type { ClientVoice } from "@/lib/gateway/client-voice";
import type { Refusal } from "@/lib/gateway/classify-refusal";
import type { AnswerBody } from "@/lib/gateway/ports";
import { UsageTap } from "@/lib/metering/tap";
import type { TapResult, UpstreamError } from "@/lib/metering/tap-type";
import type { Wire } from "@/lib/openai/request-facts";
import { scrubEvent } from "@/lib/openai/scrub-event";
import { SseSplitter, type SseEvent } from "@/lib/openai/sse";

/**
 * `ended`: content reached the client, or the answer is whole; the terminal events wait for the settlement (none: the stream
 * was cut). `declined` and `final`: upstream failed before any content, so the client has heard nothing of it.
 */
export type StreamEnd =
  { kind: "ended"; tap: TapResult; terminal: SseEvent[] } | { kind: "declined" | "final"; tap: TapResult; refusal: Refusal };

/** An upstream that talks this much without content is let through as it is. */
const GATE_EVENTS_MAX = 256;
/** What may follow the terminal before the connection is given up instead of reused. */
const TAIL_BYTES_MAX = 64 * 1024;

export async function runStream(input: {
  wire: Wire;
  body: AnswerBody;
  voice: ClientVoice;
  upstream: { operatorKey: boolean };
  /** The client asked for the usage chunk of the chat wire. */
  includeUsage: boolean;
  onTap: (result: () => TapResult) => void;
  /** The gate opens: the reply's head must go out now. */
  onContent: () => void;
  judgeFailure: (error: UpstreamError | null) => Refusal;
}): Promise<StreamEnd> {
  const { voice } = input;
  const tap = new UsageTap(input.wire);
  const splitter = new SseSplitter();
  const gate: SseEvent[] = [];
  const terminal: SseEvent[] = [];
  let isOpen = false;
  input.onTap(() => tap.result());

  const open = (out: SseEvent[]) => {
    isOpen = true;
    input.onContent();
    out.push(...gate.splice(0));
  };

  /** True when the answer is whole. */
  const take = (event: SseEvent, out: SseEvent[]): boolean => {
    const observed = tap.observe(event);
    if (observed.responseId !== undefined) voice.noteResponseId(observed.responseId);
    if (observed.usageOnly && !input.includeUsage) return false;
    if (observed.kind === "terminal") {
      terminal.push(scrubEvent(event, input.upstream));
      return input.wire === "responses" || isDone(event);
    }
    if (terminal.length > 0) return false;
    if (observed.kind === "content" || gate.length >= GATE_EVENTS_MAX) {
      if (!isOpen) open(out);
    }
    (isOpen ? out : gate).push(scrubEvent(event, input.upstream));
    return false;
  };

  const chunks = input.body[Symbol.asyncIterator]();
  let whole = false;
  try {
    while (!whole) {
      const next = await chunks.next();
      const events = next.done ? splitter.end() : splitter.push(next.value);
      const out: SseEvent[] = [];
      for (const event of events) {
        if (take(event, out)) {
          whole = true;
          break;
        }
      }
      await voice.release(out);
      if (next.done) break;
    }
  } catch {
    // A cut, the deadline, or an event beyond all bounds: what was seen so far is what there is.
    input.body.destroy();
  }
  if (whole) void readTail(chunks, input.body);

  const result = tap.result();
  const hasFailed = result.terminal === "failed" || result.terminal === "error";
  if (hasFailed && !isOpen) {
    const refusal = input.judgeFailure(result.error);
    return { kind: refusal.kind, tap: result, refusal };
  }
  if (terminal.length > 0 && !isOpen) {
    // An answer without content, such as an empty completion: gate and terminal go out together.
    input.onContent();
    return { kind: "ended", tap: result, terminal: [...gate, ...terminal] };
  }
  return { kind: "ended", tap: result, terminal };
}

/** Reads what is left so that the connection can serve again; an upstream that does not stop loses it. */
async function readTail(chunks: AsyncIterator<Uint8Array>, body: AnswerBody): Promise<void> {
  let bytes = 0;
  try {
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      bytes += next.value.byteLength;
      if (bytes > TAIL_BYTES_MAX) break;
    }
  } catch {
    // The answer is already whole.
  }
  body.destroy();
}

function isDone(event: SseEvent): boolean {
  return event.data !== null && event.data.length === 6 && event.data.toString("latin1") === "[DONE]";
}

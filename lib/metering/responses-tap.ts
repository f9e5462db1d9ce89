import { isClientCall, isPaidSearch, itemText, outputItems } from "@/lib/metering/responses-output";
import { readUpstreamError, text } from "@/lib/metering/tap-type";
import { stringAfter, TextSeen } from "@/lib/metering/text-seen";
import { eventType } from "@/lib/openai/event-type";
import { isObjectAt, objectMembers, skipSpace } from "@/lib/openai/json-walk";
import { readUsage } from "@/lib/openai/usage";
import type { Observed, TapResult, Terminal, UpstreamError } from "@/lib/metering/tap-type";
import type { SseEvent } from "@/lib/openai/sse";
import type { UsageReading } from "@/lib/openai/usage-type";

const KEEPALIVE: Observed = Object.freeze({ kind: "keepalive" });
const PREAMBLE: Observed = Object.freeze({ kind: "preamble" });
const CONTENT: Observed = Object.freeze({ kind: "content" });
const OTHER: Observed = Object.freeze({ kind: "other" });

const TERMINALS: Readonly<Record<string, Terminal>> = {
  "response.completed": "completed",
  "response.incomplete": "incomplete",
  "response.failed": "failed",
  error: "error",
};

const DELTA = Buffer.from('"delta":"');
const OUTPUT_INDEX = Buffer.from('"output_index":');
const SEARCH_ITEM = Buffer.from('"web_search_call"');
/** `created` echoes the whole request; its id stands at the beginning. */
const HEAD_BYTES = 256;
const RESPONSE_ID = /"response":\s*\{\s*"id":\s*"([^"\\]+)"/;
/** The members of a terminal's `response` that we read; the rest of it can be as long as the request and the answer. */
const TERMINAL_MEMBERS = new Set(["id", "model", "service_tier", "usage", "error", "incomplete_details", "output"]);

export class ResponsesTap {
  private readonly seen = new TextSeen();
  /** Output items whose text has come in deltas: their `done` event repeats it. */
  private readonly streamedItems = new Set<number>();
  private reading: UsageReading | null = null;
  private terminal: Terminal | null = null;
  private error: UpstreamError | null = null;
  private incompleteReason: string | null = null;
  private searches = 0;
  private contentSeen = false;
  private responseId: string | null = null;
  private servedModel: string | null = null;
  private serviceTier: string | null = null;

  observe(event: SseEvent): Observed {
    const { data } = event;
    if (data === null) return KEEPALIVE;
    const type = eventType(data);
    if (type === null) return OTHER;
    if (type.endsWith(".delta")) return this.observeDelta(data);
    if (type === "response.created") return this.observeCreated(data);
    if (type === "response.in_progress" || type === "response.queued") return PREAMBLE;
    const terminal = TERMINALS[type];
    if (terminal !== undefined) return this.observeTerminal(terminal, data);
    if (type === "keepalive") return KEEPALIVE;
    if (!type.startsWith("response.")) return OTHER;
    this.contentSeen = true;
    return type === "response.output_item.done" ? this.observeItemDone(data) : CONTENT;
  }

  result(): TapResult {
    return {
      reading: this.reading,
      terminal: this.terminal,
      error: this.error,
      incompleteReason: this.incompleteReason,
      outputTextBytesSeen: this.seen.bytes,
      outputSeen: () => this.seen.text(),
      webSearchCalls: this.searches,
      firstContentSeen: this.contentSeen,
      responseId: this.responseId,
      servedModel: this.servedModel,
      serviceTier: this.serviceTier,
    };
  }

  private observeCreated(data: Buffer): Observed {
    this.responseId ??= RESPONSE_ID.exec(data.toString("latin1", 0, HEAD_BYTES))?.[1] ?? null;
    return this.responseId === null ? PREAMBLE : { kind: "preamble", responseId: this.responseId };
  }

  private observeDelta(data: Buffer): Observed {
    this.contentSeen = true;
    const piece = stringAfter(data, DELTA) ?? text(parse(data)?.["delta"]);
    if (piece !== null) this.seen.add(piece);
    const index = outputIndex(data);
    if (index !== null) this.streamedItems.add(index);
    return CONTENT;
  }

  private observeItemDone(data: Buffer): Observed {
    const event = parse(data);
    const item = outputItems([event?.["item"]])[0];
    if (!item) return CONTENT;
    if (isPaidSearch(item)) this.searches++;
    const index = event?.["output_index"];
    if (typeof index !== "number" || !this.streamedItems.has(index)) this.seen.add(itemText(item));
    return isClientCall(item) ? { kind: "content", toolCallDone: true } : CONTENT;
  }

  private observeTerminal(terminal: Terminal, data: Buffer): Observed {
    // A stream ends once; whatever an upstream sends behind that is not read again.
    if (this.terminal !== null) return { kind: "terminal", terminal: this.terminal };
    this.terminal = terminal;
    if (terminal === "error") {
      const event = parse(data);
      this.error = readUpstreamError(event?.["error"]) ?? readUpstreamError(event);
    } else {
      this.readResponse(readMembers(data));
    }
    return {
      kind: "terminal",
      terminal,
      error: this.error,
      incompleteReason: this.incompleteReason,
      ...(this.responseId === null ? {} : { responseId: this.responseId }),
      ...(this.servedModel === null ? {} : { servedModel: this.servedModel }),
      ...(this.serviceTier === null ? {} : { serviceTier: this.serviceTier }),
    };
  }

  private readResponse(response: Record<string, unknown>): void {
    this.responseId ??= text(response["id"]);
    this.servedModel = text(response["model"]);
    this.serviceTier = text(response["service_tier"]);
    this.reading = readUsage("responses", response["usage"]);
    this.error = readUpstreamError(response["error"]);
    const details = response["incomplete_details"];
    if (typeof details === "object" && details !== null) this.incompleteReason = text((details as Record<string, unknown>)["reason"]);
    this.searches = Math.max(this.searches, outputItems(response["output"]).filter(isPaidSearch).length);
  }
}

/** The members that we read of the `response` in a terminal event, without building the others. */
function readMembers(data: Buffer): Record<string, unknown> {
  const start = skipSpace(data, 0);
  const response = isObjectAt(data, start) ? objectMembers(data, start).find((member) => member.key === "response") : undefined;
  if (!response || !isObjectAt(data, response.valueStart)) return {};
  const read: Record<string, unknown> = {};
  const hasSearch = data.includes(SEARCH_ITEM);
  for (const member of objectMembers(data, response.valueStart)) {
    if (!TERMINAL_MEMBERS.has(member.key) || (member.key === "output" && !hasSearch)) continue;
    read[member.key] = parseValue(data.subarray(member.valueStart, member.valueEnd));
  }
  return read;
}

function outputIndex(data: Buffer): number | null {
  const found = data.indexOf(OUTPUT_INDEX);
  if (found < 0) return null;
  const match = /^\s*(\d{1,6})/.exec(data.toString("latin1", found + OUTPUT_INDEX.length, found + OUTPUT_INDEX.length + 8));
  return match ? Number(match[1]) : null;
}

function parse(data: Buffer): Record<string, unknown> | null {
  const value = parseValue(data);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}

/** An event that is not JSON is passed on like any other; it only tells us nothing. */
function parseValue(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString("utf8"));
  } catch {
    return null;
  }
}

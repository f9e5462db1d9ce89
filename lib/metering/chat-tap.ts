import { readUpstreamError, text } from "@/lib/metering/tap-type";
import { stringAfter, TextSeen } from "@/lib/metering/text-seen";
import { readUsage } from "@/lib/openai/usage";
import type { Observed, TapResult, Terminal, UpstreamError } from "@/lib/metering/tap-type";
import type { SseEvent } from "@/lib/openai/sse";
import type { UsageReading } from "@/lib/openai/usage-type";

const KEEPALIVE: Observed = Object.freeze({ kind: "keepalive" });
const PREAMBLE: Observed = Object.freeze({ kind: "preamble" });
const CONTENT: Observed = Object.freeze({ kind: "content" });
const OTHER: Observed = Object.freeze({ kind: "other" });

const CONTENT_TEXT = Buffer.from('"content":"');
const STILL_RUNNING = Buffer.from('"finish_reason":null');
const USAGE_OBJECT = Buffer.from('"usage":{');
const ERROR_KEY = Buffer.from('"error"');
const TOOL_CALLS = Buffer.from('"tool_calls"');
const DONE = Buffer.from("[DONE]");

type Dict = Record<string, unknown>;

export class ChatTap {
  private readonly seen = new TextSeen();
  private reading: UsageReading | null = null;
  private terminal: Terminal | null = null;
  private error: UpstreamError | null = null;
  private incompleteReason: string | null = null;
  private contentSeen = false;
  private responseId: string | null = null;
  private servedModel: string | null = null;
  private serviceTier: string | null = null;

  observe(event: SseEvent): Observed {
    const { data } = event;
    if (data === null) return KEEPALIVE;
    if (data.equals(DONE)) return this.terminal === null ? OTHER : { kind: "terminal", terminal: this.terminal };
    if (this.contentSeen && this.terminal === null && this.observePlainText(data)) return CONTENT;
    const chunk = parse(data);
    return chunk === null ? OTHER : this.observeChunk(chunk);
  }

  result(): TapResult {
    return {
      reading: this.reading,
      terminal: this.terminal,
      error: this.error,
      incompleteReason: this.incompleteReason,
      outputTextBytesSeen: this.seen.bytes,
      outputSeen: () => this.seen.text(),
      webSearchCalls: 0,
      firstContentSeen: this.contentSeen,
      responseId: this.responseId,
      servedModel: this.servedModel,
      serviceTier: this.serviceTier,
    };
  }

  /** True when the chunk is nothing but more text of one answer; such a chunk is not parsed. */
  private observePlainText(data: Buffer): boolean {
    const running = data.indexOf(STILL_RUNNING);
    if (running < 0 || data.indexOf(STILL_RUNNING, running + STILL_RUNNING.length) >= 0) return false;
    if (data.includes(USAGE_OBJECT) || data.includes(ERROR_KEY) || data.includes(TOOL_CALLS)) return false;
    const piece = stringAfter(data, CONTENT_TEXT);
    if (piece === null) return false;
    this.seen.add(piece);
    return true;
  }

  private observeChunk(chunk: Dict): Observed {
    this.responseId ??= text(chunk["id"]) || null;
    this.servedModel ??= text(chunk["model"]) || null;
    this.serviceTier = text(chunk["service_tier"]) ?? this.serviceTier;
    this.reading = readUsage("chat", chunk["usage"]) ?? this.reading;
    if (chunk["error"] !== undefined && chunk["error"] !== null) {
      this.error = readUpstreamError(chunk["error"]) ?? { code: null, message: text(chunk["error"]), type: null };
      this.terminal ??= "error";
      return this.described({ kind: "terminal", terminal: this.terminal, error: this.error });
    }
    const choices = dicts(chunk["choices"]);
    if (choices.length === 0) {
      const usageOnly = chunk["usage"] !== undefined && chunk["usage"] !== null;
      if (this.terminal !== null) return this.described({ kind: "terminal", terminal: this.terminal, usageOnly });
      return usageOnly ? { kind: "other", usageOnly } : OTHER;
    }
    return this.observeChoices(choices);
  }

  private observeChoices(choices: Dict[]): Observed {
    let spoke = false;
    let finishReason: string | null = null;
    for (const choice of choices) {
      const piece = deltaText(choice["delta"]);
      this.seen.add(piece.text);
      spoke ||= piece.isContent;
      finishReason ??= text(choice["finish_reason"]);
    }
    if (spoke) this.contentSeen = true;
    if (finishReason === null && this.terminal === null) {
      if (spoke) return this.described({ kind: "content" });
      return this.contentSeen ? CONTENT : this.described(PREAMBLE);
    }
    this.contentSeen = true;
    if (this.terminal === null) {
      const cutShort = finishReason === "length" || finishReason === "content_filter";
      this.terminal = cutShort ? "incomplete" : "completed";
      if (cutShort) this.incompleteReason = finishReason;
    }
    return this.described({
      kind: "terminal",
      terminal: this.terminal,
      toolCallDone: finishReason === "tool_calls" || finishReason === "function_call",
      incompleteReason: this.incompleteReason,
    });
  }

  private described(observed: Observed): Observed {
    return {
      ...observed,
      ...(this.responseId === null ? {} : { responseId: this.responseId }),
      ...(this.servedModel === null ? {} : { servedModel: this.servedModel }),
      ...(this.serviceTier === null ? {} : { serviceTier: this.serviceTier }),
    };
  }
}

/** The model's text in one delta. The first delta names the role and says nothing yet. */
function deltaText(delta: unknown): { text: string; isContent: boolean } {
  if (typeof delta !== "object" || delta === null) return { text: "", isContent: false };
  const { content, refusal, reasoning_content, reasoning, tool_calls, function_call } = delta as Dict;
  const pieces = [content, refusal, reasoning_content, reasoning].map((value) => text(value) ?? "");
  const calls = [...dicts(tool_calls).map((call) => call["function"] ?? call["custom"]), function_call];
  let calling = false;
  for (const call of calls) {
    if (typeof call !== "object" || call === null) continue;
    calling = true;
    pieces.push(text((call as Dict)["name"]) ?? "", text((call as Dict)["arguments"]) ?? text((call as Dict)["input"]) ?? "");
  }
  const joined = pieces.join("");
  return { text: joined, isContent: calling || joined !== "" };
}

function dicts(value: unknown): Dict[] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).filter((entry): entry is Dict => typeof entry === "object" && entry !== null);
}

function parse(data: Buffer): Dict | null {
  try {
    const value = JSON.parse(data.toString("utf8")) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Dict) : null;
  } catch {
    // A chunk that is not JSON is passed on like any other; it only tells us nothing.
    return null;
  }
}

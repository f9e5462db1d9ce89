import { errorEvents } from "@/lib/openai/error-face";
import { sse, withoutPrefix } from "@/lib/turns/answer-writer";
import type { AppError } from "@/lib/errors/app-error";
import type { AnswerEnd, AnswerEvent, AnswerUsage, ToolCall } from "@/lib/turns/answer-event";
import type { AnswerHead, AnswerWriter } from "@/lib/turns/answer-writer";

/**
 * The events of a Responses stream, in OpenAI's order: created, in_progress, then per item output_item.added, its own events,
 * output_item.done; last completed or incomplete. Sequence numbers count from 0 without a gap.
 */
export type ResponsesHead = AnswerHead & {
  /** Fields of the response that repeat what the client asked for. */
  echo: Readonly<Record<string, unknown>>;
  /** The client wants encrypted reasoning back with its next request. */
  encryptedReasoning: boolean;
};

type OpenMessage = { kind: "message"; id: string; index: number; text: string; phase: string | null };
type OpenReasoning = { kind: "reasoning"; id: string; index: number; parts: string[] };

export class ResponsesWriter implements AnswerWriter {
  private readonly output: object[] = [];
  /** An item that has begun and of which the client knows nothing yet. */
  private announced: { kind: "message"; id: string | null; phase: string | null } | { kind: "reasoning"; id: string | null } | null = null;
  private open: OpenMessage | OpenReasoning | null = null;
  private sequence = 0;
  private begun = false;

  constructor(private readonly head: ResponsesHead) {}

  write(event: AnswerEvent): string {
    const events = this.eventsOf(event);
    return this.head.stream ? events : "";
  }

  end({ finish, usage }: AnswerEnd): string {
    const closing = this.closeItem(finish === "max_output_tokens" ? "incomplete" : "completed");
    const isIncomplete = finish === "max_output_tokens" || finish === "content_filter";
    const response = {
      ...this.response(isIncomplete ? "incomplete" : "completed"),
      incomplete_details: isIncomplete ? { reason: finish } : null,
      output: this.output,
      usage: responsesUsage(usage),
    };
    if (!this.head.stream) return JSON.stringify(response);
    return `${closing}${this.beginning()}${this.event(isIncomplete ? "response.incomplete" : "response.completed", { response })}`;
  }

  fail(error: AppError): string {
    const { requestId, model, createdAtS } = this.head;
    const context = { client: "sdk", wire: "responses", requestId, responseId: this.responseId, model, createdAtS } as const;
    return errorEvents(error, { ...context, sequenceNumber: this.sequence++ }).toString("utf8");
  }

  private eventsOf(event: AnswerEvent): string {
    switch (event.kind) {
      case "message":
      case "reasoning": {
        const closed = this.closeItem("completed");
        this.announced = event;
        return closed;
      }
      case "text":
        return event.delta === "" ? "" : this.writeText(event.delta);
      case "summary":
        return event.delta === "" ? "" : this.writeSummary(event.part, event.delta);
      case "message_end": {
        const closed = this.closeItem("completed");
        this.announced = null;
        return closed;
      }
      case "reasoning_end":
        return this.endReasoning(event);
      case "call":
        return this.closeItem("completed") + this.writeCall(event.call);
    }
  }

  private writeText(delta: string): string {
    const { events, item } = this.open?.kind === "message" ? { events: "", item: this.open } : this.openMessage();
    item.text += delta;
    return events + this.event("response.output_text.delta", { ...partAt(item), delta, logprobs: [] });
  }

  private openMessage(): { events: string; item: OpenMessage } {
    const closed = this.closeItem("completed");
    const announced = this.announced?.kind === "message" ? this.announced : null;
    this.announced = null;
    const item: OpenMessage = {
      kind: "message",
      id: announced?.id ?? this.head.newItemId("msg"),
      index: this.output.length,
      text: "",
      phase: announced?.phase ?? null,
    };
    this.open = item;
    const events =
      closed +
      this.beginning() +
      this.event("response.output_item.added", { output_index: item.index, item: messageItem(item, "in_progress", []) }) +
      this.event("response.content_part.added", { ...partAt(item), part: outputText("") });
    return { events, item };
  }

  private writeSummary(part: number, delta: string): string {
    const opened = this.open?.kind === "reasoning" ? { events: "", item: this.open } : this.openReasoning(null);
    const { item } = opened;
    // Parts come one after the other; a number that leaves some out is the next one.
    const at = Math.min(part, item.parts.length);
    const begun = at === item.parts.length ? this.nextSummaryPart(item) : "";
    item.parts[at] += delta;
    return opened.events + begun + this.event("response.reasoning_summary_text.delta", { ...summaryAt(item, at), delta });
  }

  private nextSummaryPart(reasoning: OpenReasoning): string {
    const closed = this.closeSummaryPart(reasoning);
    const part = reasoning.parts.push("") - 1;
    return closed + this.event("response.reasoning_summary_part.added", { ...summaryAt(reasoning, part), part: summaryText("") });
  }

  private closeSummaryPart(reasoning: OpenReasoning): string {
    const part = reasoning.parts.length - 1;
    const text = reasoning.parts[part];
    if (text === undefined) return "";
    return (
      this.event("response.reasoning_summary_text.done", { ...summaryAt(reasoning, part), text }) +
      this.event("response.reasoning_summary_part.done", { ...summaryAt(reasoning, part), part: summaryText(text) })
    );
  }

  private openReasoning(id: string | null): { events: string; item: OpenReasoning } {
    const closed = this.closeItem("completed");
    const announced = this.announced?.kind === "reasoning" ? this.announced : null;
    this.announced = null;
    const known = id ?? announced?.id ?? this.head.newItemId("rs");
    const item: OpenReasoning = { kind: "reasoning", id: known, index: this.output.length, parts: [] };
    this.open = item;
    const added = { output_index: item.index, item: { id: item.id, type: "reasoning", summary: [] } };
    return { events: closed + this.beginning() + this.event("response.output_item.added", added), item };
  }

  private endReasoning({ id, summary, encryptedContent }: Extract<AnswerEvent, { kind: "reasoning_end" }>): string {
    if (this.open?.kind === "reasoning") return this.closeReasoning(this.open, encryptedContent);
    const { events, item } = this.openReasoning(id);
    const written = summary.map((text, part) => (text === "" ? "" : this.writeSummary(part, text))).join("");
    return events + written + this.closeReasoning(item, encryptedContent);
  }

  private closeReasoning(reasoning: OpenReasoning, encryptedContent: string | null): string {
    const events = this.closeSummaryPart(reasoning);
    const item = {
      id: reasoning.id,
      type: "reasoning",
      summary: reasoning.parts.map(summaryText),
      ...(this.head.encryptedReasoning && encryptedContent !== null ? { encrypted_content: encryptedContent } : {}),
    };
    this.open = null;
    this.output.push(item);
    return events + this.event("response.output_item.done", { output_index: reasoning.index, item });
  }

  private closeItem(status: "completed" | "incomplete"): string {
    const { open } = this;
    if (open === null) return "";
    if (open.kind === "reasoning") return this.closeReasoning(open, null);
    this.open = null;
    const part = outputText(open.text);
    const item = messageItem(open, status, [part]);
    this.output.push(item);
    return (
      this.event("response.output_text.done", { ...partAt(open), text: open.text, logprobs: [] }) +
      this.event("response.content_part.done", { ...partAt(open), part }) +
      this.event("response.output_item.done", { output_index: open.index, item })
    );
  }

  private writeCall(call: ToolCall): string {
    const id = call.id ?? this.head.newItemId("fc");
    const item = { id, type: "function_call", call_id: call.callId, name: call.name, arguments: call.arguments, status: "completed" };
    const index = this.output.push(item) - 1;
    const at = { item_id: id, output_index: index };
    const begun = { ...item, arguments: "", status: "in_progress" };
    return (
      this.beginning() +
      this.event("response.output_item.added", { output_index: index, item: begun }) +
      this.event("response.function_call_arguments.delta", { ...at, delta: call.arguments }) +
      this.event("response.function_call_arguments.done", { ...at, name: call.name, arguments: call.arguments }) +
      this.event("response.output_item.done", { output_index: index, item })
    );
  }

  private beginning(): string {
    if (this.begun) return "";
    this.begun = true;
    const response = this.response("in_progress");
    return this.event("response.created", { response }) + this.event("response.in_progress", { response });
  }

  private event(type: string, members: object): string {
    return sse(type, { type, sequence_number: this.sequence++, ...members });
  }

  private get responseId(): string {
    return `resp_${withoutPrefix(this.head.requestId)}`;
  }

  private response(status: "in_progress" | "completed" | "incomplete"): object {
    return {
      id: this.responseId,
      object: "response",
      created_at: this.head.createdAtS,
      status,
      error: null,
      incomplete_details: null,
      model: this.head.model,
      output: [],
      usage: null,
      ...this.head.echo,
    };
  }
}

function partAt(message: OpenMessage): object {
  return { item_id: message.id, output_index: message.index, content_index: 0 };
}

function summaryAt(reasoning: OpenReasoning, part: number): object {
  return { item_id: reasoning.id, output_index: reasoning.index, summary_index: part };
}

function messageItem(message: OpenMessage, status: string, content: readonly object[]): object {
  const phase = message.phase === null ? {} : { phase: message.phase };
  return { id: message.id, type: "message", status, role: "assistant", content, ...phase };
}

function outputText(text: string): object {
  return { type: "output_text", annotations: [], logprobs: [], text };
}

function summaryText(text: string): object {
  return { type: "summary_text", text };
}

function responsesUsage(usage: AnswerUsage): object {
  const input = usage.freshInputTokens + usage.cachedInputTokens + usage.cacheWriteTokens;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens, cache_write_tokens: usage.cacheWriteTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: input + usage.outputTokens,
    ...(usage.counted ? { switchyard_estimated: true } : {}),
  };
}

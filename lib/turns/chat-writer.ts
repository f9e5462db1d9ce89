import { errorEvents } from "@/lib/openai/error-face";
import { sse, withoutPrefix } from "@/lib/turns/answer-writer";
import type { AppError } from "@/lib/errors/app-error";
import type { AnswerEnd, AnswerEvent, AnswerUsage, ToolCall } from "@/lib/turns/answer-event";
import type { AnswerHead, AnswerWriter } from "@/lib/turns/answer-writer";

/** `chat.completion` and its chunks. Reasoning has no place on this wire. */
export class ChatWriter implements AnswerWriter {
  private text = "";
  private readonly calls: ToolCall[] = [];
  private begun = false;
  /** A second message follows the first one in the same text. */
  private betweenMessages = false;

  constructor(private readonly head: AnswerHead) {}

  write(event: AnswerEvent): string {
    switch (event.kind) {
      case "text":
        return this.writeText(event.delta);
      case "call":
        return this.writeCall(event.call);
      case "message":
        this.betweenMessages = this.text !== "";
        return "";
      case "message_end":
      case "reasoning":
      case "summary":
      case "reasoning_end":
        return "";
    }
  }

  end({ finish, usage }: AnswerEnd): string {
    const reason = this.finishReason(finish);
    if (!this.head.stream) return JSON.stringify(this.completion(reason, usage));
    const usageChunk = this.head.includeUsage ? sse(null, { ...this.chunk([]), usage: chatUsage(usage) }) : "";
    return `${this.beginning()}${this.choiceChunk({}, reason)}${usageChunk}data: [DONE]\n\n`;
  }

  fail(error: AppError): string {
    return errorEvents(error, { client: "sdk", wire: "chat", requestId: this.head.requestId }).toString("utf8");
  }

  private writeText(delta: string): string {
    if (delta === "") return "";
    const text = this.betweenMessages ? `\n\n${delta}` : delta;
    this.betweenMessages = false;
    this.text += text;
    return this.head.stream ? `${this.beginning()}${this.choiceChunk({ content: text }, null)}` : "";
  }

  private writeCall(call: ToolCall): string {
    const index = this.calls.push(call) - 1;
    if (!this.head.stream) return "";
    const opened = { index, id: call.callId, type: "function", function: { name: call.name, arguments: "" } };
    const filled = { index, function: { arguments: call.arguments } };
    return `${this.beginning()}${this.choiceChunk({ tool_calls: [opened] }, null)}${this.choiceChunk({ tool_calls: [filled] }, null)}`;
  }

  private beginning(): string {
    if (this.begun) return "";
    this.begun = true;
    return this.choiceChunk({ role: "assistant", content: "", refusal: null }, null);
  }

  private choiceChunk(delta: object, finishReason: string | null): string {
    const chunk = this.chunk([{ index: 0, delta, logprobs: null, finish_reason: finishReason }]);
    return sse(null, this.head.includeUsage ? { ...chunk, usage: null } : chunk);
  }

  private chunk(choices: readonly object[]): object {
    return { ...this.identity("chat.completion.chunk"), choices };
  }

  private completion(finishReason: string, usage: AnswerUsage): object {
    const calls = this.calls.map((call) => ({
      id: call.callId,
      type: "function",
      function: { name: call.name, arguments: call.arguments },
    }));
    const message = {
      role: "assistant",
      content: this.text === "" && calls.length > 0 ? null : this.text,
      refusal: null,
      annotations: [],
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    };
    return {
      ...this.identity("chat.completion"),
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
      usage: chatUsage(usage),
    };
  }

  private identity(object: string): object {
    const { requestId, createdAtS, model } = this.head;
    return { id: `chatcmpl-${withoutPrefix(requestId)}`, object, created: createdAtS, model, service_tier: "default" };
  }

  private finishReason(finish: AnswerEnd["finish"]): string {
    if (finish === "max_output_tokens") return "length";
    if (finish === "content_filter") return "content_filter";
    return this.calls.length > 0 ? "tool_calls" : "stop";
  }
}

function chatUsage(usage: AnswerUsage): object {
  const prompt = usage.freshInputTokens + usage.cachedInputTokens + usage.cacheWriteTokens;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.outputTokens,
    total_tokens: prompt + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens, cache_write_tokens: usage.cacheWriteTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...(usage.counted ? { switchyard_estimated: true } : {}),
  };
}

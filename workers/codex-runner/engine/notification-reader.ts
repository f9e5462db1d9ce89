import { toolName } from "@/lib/turns/tool-alias";
import { readLimits } from "@/workers/codex-runner/app-server/account";
import { AppServerRefusal } from "@/workers/codex-runner/app-server/app-server";
import { declined, isUsageLimit, judgeRetry, judgeTurnError } from "@/workers/codex-runner/engine/turn-trouble";
import type { ToolCall } from "@/lib/turns/answer-event";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { Usage } from "@/lib/openai/usage-type";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { Notification, RawItem, TokenUsage, TurnError } from "@/workers/codex-runner/app-server/app-server-protocol";
import type { EngineEnding, EngineEvent } from "@/workers/codex-runner/engine/engine-event";

/** Reads the notifications of one turn, in their order: each may say something, and one of them is the last. */
export class NotificationReader {
  /** Of the message that is being written. */
  private textSeen = "";
  private readonly calls: ToolCall[] = [];
  private usage: Usage | null = null;
  private limits: ReportedLimits | null = null;
  private end: (() => Promise<EngineEnding>) | null = null;

  constructor(private readonly source: { server: AppServer; onLimits: (limits: ReportedLimits) => void }) {}

  /** The last event, once there is one. */
  async ending(): Promise<EngineEnding | null> {
    return this.end === null ? null : this.end();
  }

  *read({ method, params }: Notification): Generator<EngineEvent> {
    switch (method) {
      case "item/started":
        this.textSeen = "";
        if (params.item.type === "agentMessage") yield { kind: "message", id: params.item.id, phase: params.item.phase ?? null };
        if (params.item.type === "reasoning") yield { kind: "reasoning", id: params.item.id };
        break;
      case "item/agentMessage/delta":
        this.textSeen += params.delta;
        yield { kind: "text", delta: params.delta };
        break;
      case "item/reasoning/summaryTextDelta":
        yield { kind: "summary", part: params.summaryIndex, delta: params.delta };
        break;
      case "rawResponseItem/completed":
        yield* this.readItem(params.item);
        break;
      case "rawResponse/completed":
        yield* this.readResponse(params.usage);
        break;
      case "error":
        if (params.willRetry) this.end = () => this.endOfRetry(params.error);
        break;
      case "turn/completed":
        this.end = () => this.endOf(params.turn);
        break;
      default:
        break;
    }
  }

  private *readItem(item: RawItem): Generator<EngineEvent> {
    if (item.type === "message" && item["role"] === "assistant") {
      const text = textOf(item["content"], "output_text");
      if (text.length > this.textSeen.length && text.startsWith(this.textSeen)) {
        yield { kind: "text", delta: text.slice(this.textSeen.length) };
      }
      this.textSeen = "";
      yield { kind: "message_end" };
    } else if (item.type === "reasoning") {
      const summary = Array.isArray(item["summary"]) ? item["summary"].map((part) => textOf([part], "summary_text")) : [];
      const encrypted = item["encrypted_content"];
      yield { kind: "reasoning_end", id: idOf(item), summary, encryptedContent: typeof encrypted === "string" ? encrypted : null };
    } else if (item.type === "function_call") {
      const call = readCall(item);
      if (call) this.calls.push(call);
    }
  }

  /** A call of a tool that nobody has is answered by Codex itself, and the model goes on: then the usages add up. */
  private *readResponse(usage: TokenUsage | null): Generator<EngineEvent> {
    this.usage = usage === null ? this.usage : addUsage(this.usage, usage);
    if (this.calls.length === 0) return;
    for (const call of this.calls) yield { kind: "call", call };
    this.end = async () => ({ kind: "end", finish: "completed", usage: this.usage });
  }

  private async endOf(turn: { status: string; error: TurnError | null }): Promise<EngineEnding> {
    if (turn.status === "completed") return { kind: "end", finish: "completed", usage: this.usage };
    if (turn.error === null) return declined("busy", "interrupted", "Codex ended the turn early.");
    if (isUsageLimit(turn.error)) await this.lookAtLimits();
    const trouble = judgeTurnError(turn.error, this.limits, new Date());
    return trouble.kind === "incomplete" ? { kind: "end", finish: trouble.reason, usage: this.usage } : trouble;
  }

  private async endOfRetry(error: TurnError): Promise<EngineEnding> {
    if (isUsageLimit(error)) await this.lookAtLimits();
    return judgeRetry(error, this.limits, new Date());
  }

  /** Which window is full, and until when, does not stand in the refusal. */
  private async lookAtLimits(): Promise<void> {
    try {
      this.limits = await readLimits(this.source.server, new Date());
      this.source.onLimits(this.limits);
    } catch (error) {
      if (!(error instanceof AppServerRefusal)) throw error;
    }
  }
}

function readCall(item: RawItem): ToolCall | null {
  const { call_id: callId, name, arguments: written } = item;
  const own = typeof name === "string" ? toolName(name) : null;
  if (own === null || typeof callId !== "string" || typeof written !== "string") return null;
  return { id: idOf(item), callId, name: own, arguments: written };
}

function idOf(item: RawItem): string | null {
  return typeof item["id"] === "string" && item["id"] !== "" ? item["id"] : null;
}

function textOf(content: unknown, type: string): string {
  if (!Array.isArray(content)) return "";
  return (content as { type?: unknown; text?: unknown }[])
    .map((part) => (part.type === type && typeof part.text === "string" ? part.text : ""))
    .join("");
}

function addUsage(before: Usage | null, told: TokenUsage): Usage {
  const cached = told.cachedInputTokens + told.cacheWriteInputTokens;
  return {
    freshInputTokens: (before?.freshInputTokens ?? 0) + Math.max(0, told.inputTokens - cached),
    cachedInputTokens: (before?.cachedInputTokens ?? 0) + told.cachedInputTokens,
    cacheWriteTokens: (before?.cacheWriteTokens ?? 0) + told.cacheWriteInputTokens,
    outputTokens: (before?.outputTokens ?? 0) + told.outputTokens,
    reasoningTokens: (before?.reasoningTokens ?? 0) + told.reasoningOutputTokens,
  };
}

import { randomUUID } from "node:crypto";
import { AppError } from "@/lib/errors/app-error";
import { countOutputTokens } from "@/lib/metering/estimate";
import { ChatWriter } from "@/lib/turns/chat-writer";
import { loadTokenizer } from "@/lib/turns/load-tokenizer";
import { OutputLimit } from "@/lib/turns/output-limit";
import { ResponsesWriter } from "@/lib/turns/responses-writer";
import { textOfItems } from "@/lib/turns/turn-item";
import type { AnswerEvent, AnswerFinish, AnswerUsage } from "@/lib/turns/answer-event";
import type { AnswerWriter } from "@/lib/turns/answer-writer";
import type { Passed } from "@/lib/turns/output-limit";
import type { TurnRequest } from "@/lib/turns/read-turn";
import type { TurnTicket } from "@/lib/turns/runner-protocol";
import type { Usage } from "@/lib/openai/usage-type";
import type { EngineEvent } from "@/workers/codex-runner/engine/engine-event";
import type { DeclinedStep, RefusedStep, TurnStep } from "@/workers/codex-runner/engine/turn-engine";

/**
 * From what an engine hears to what the client reads.
 *
 *   nothing sent -> (first content) answer, bytes … -> end or failure inside of the bytes
 *
 * A streamed answer begins with the first content; a whole one is complete before it begins, so that until then every failure can still
 * be declined. Events are pulled one by one: a client that reads slowly slows this down and not the model.
 */
export type TurnToAnswer = {
  ticket: TurnTicket;
  request: TurnRequest;
  events: AsyncIterable<EngineEvent>;
  signal: AbortSignal;
  onTrouble?: (trouble: DeclinedStep) => void;
};

type Ending = { finish: AnswerFinish; usage: Usage | null } | DeclinedStep | RefusedStep;

/** Beyond that many characters an input is estimated at four bytes per token, for counting takes as long as a slow model. */
const COUNTED_CHARS_MAX = 64 * 1024;
const BYTES_PER_TOKEN = 4;

export async function* answerTurn({ ticket, request, events, signal, onTrouble }: TurnToAnswer): AsyncGenerator<TurnStep> {
  const answer = new Answer(ticket, request);
  let ending: Ending | null = null;
  for await (const event of events) {
    if (event.kind === "end" || event.kind === "declined" || event.kind === "refused") {
      ending = event;
      break;
    }
    const bytes = await answer.take(event);
    if (bytes !== "") yield* answer.send(bytes);
    if (answer.cut !== null) {
      // Leaving the loop interrupts the turn, before anything else takes time.
      ending = { finish: answer.cut, usage: null };
      break;
    }
  }
  if (ending === null) {
    if (answer.isOpen && signal.reason instanceof AppError) yield* answer.send(answer.fail(signal.reason));
  } else if ("finish" in ending) {
    yield* answer.send(await answer.end(ending));
  } else if (!answer.isOpen) {
    yield ending;
  } else {
    if (ending.kind === "declined") onTrouble?.(ending);
    yield* answer.send(answer.fail(inStream(ending)));
  }
}

class Answer {
  isOpen = false;
  cut: Passed["cut"] = null;
  private readonly writer: AnswerWriter;
  private readonly limit: OutputLimit;
  /** What says nothing yet, as reasoning without a summary: it goes out with the first content behind it. */
  private readonly quiet: AnswerEvent[] = [];
  private calls = 0;

  constructor(
    private readonly ticket: TurnTicket,
    private readonly request: TurnRequest,
  ) {
    const head = {
      requestId: ticket.requestId,
      model: ticket.model,
      createdAtS: Math.floor(Date.now() / 1000),
      stream: ticket.stream,
      includeUsage: ticket.includeUsage,
      newItemId: (prefix: string) => `${prefix}_${randomUUID().replaceAll("-", "")}`,
    };
    const { echo, encryptedReasoning } = request;
    this.writer = ticket.wire === "chat" ? new ChatWriter(head) : new ResponsesWriter({ ...head, echo, encryptedReasoning });
    const tokensMax = Math.min(ticket.outputTokensMax, request.outputTokensMax ?? Number.POSITIVE_INFINITY);
    this.limit = new OutputLimit({ stops: request.stops, tokensMax });
  }

  *send(bytes: string): Generator<TurnStep> {
    if (!this.isOpen) {
      this.isOpen = true;
      yield { kind: "answer", contentType: this.ticket.stream ? "text/event-stream" : "application/json" };
    }
    if (bytes !== "") yield { kind: "bytes", bytes: Buffer.from(bytes) };
  }

  async take(event: AnswerEvent): Promise<string> {
    switch (event.kind) {
      case "text": {
        await this.prepare(event.delta);
        return this.pass(this.limit.push(event.delta));
      }
      case "message_end":
        return this.pass(this.limit.flush()) + (this.cut === null ? this.write(event) : "");
      case "call":
        return this.takeCall(event);
      case "reasoning_end":
        if (this.isOpen || event.summary.some((text) => text !== "")) return this.write(event);
        this.quiet.push(event);
        return "";
      case "message":
      case "reasoning":
        if (this.quiet.length === 0) return this.write(event);
        this.quiet.push(event);
        return "";
      case "summary":
        return this.write(event);
    }
  }

  async end({ finish, usage }: { finish: AnswerFinish; usage: Usage | null }): Promise<string> {
    // An engine that ends in the middle of a message leaves what was held back for a stop sequence.
    const rest = this.cut === null ? this.pass(this.limit.flush()) : "";
    const told = usage === null ? await this.countedUsage() : { ...usage, counted: false };
    return rest + this.flushQuiet() + this.writer.end({ finish: this.cut ?? finish, usage: told });
  }

  fail(error: AppError): string {
    return this.writer.fail(error);
  }

  private async takeCall(event: Extract<AnswerEvent, { kind: "call" }>): Promise<string> {
    if (this.calls > 0 && !this.request.parallelToolCalls) return "";
    const said = event.call.name + event.call.arguments;
    await this.prepare(said);
    if (!this.limit.takes(said)) {
      this.cut = "max_output_tokens";
      return "";
    }
    this.calls += 1;
    return this.write(event);
  }

  private pass({ text, cut }: Passed): string {
    this.cut = cut;
    return text === "" ? "" : this.write({ kind: "text", delta: text });
  }

  private write(event: AnswerEvent): string {
    return this.flushQuiet() + this.writer.write(event);
  }

  private flushQuiet(): string {
    return this.quiet
      .splice(0)
      .map((event) => this.writer.write(event))
      .join("");
  }

  private async prepare(next: string): Promise<void> {
    if (this.limit.needsTokenizer(next)) this.limit.use(await loadTokenizer());
  }

  private async countedUsage(): Promise<AnswerUsage> {
    this.limit.use(await loadTokenizer());
    const input = `${textOfItems(this.request.items)}\n${this.request.tools.length > 0 ? JSON.stringify(this.request.tools) : ""}`;
    const isShort = input.length <= COUNTED_CHARS_MAX;
    const inputTokens = isShort ? await countOutputTokens(input) : Math.ceil(Buffer.byteLength(input) / BYTES_PER_TOKEN);
    return {
      freshInputTokens: inputTokens,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: this.limit.tokens(),
      reasoningTokens: 0,
      counted: true,
    };
  }
}

/** The client has begun to read: whatever happened, it can only ask again, and another lane may then answer. */
function inStream(ending: DeclinedStep | RefusedStep): AppError {
  if (ending.kind === "refused") return new AppError(ending.code, ending.message, { param: ending.param ?? undefined });
  return new AppError("upstream_unavailable", `The answer was cut off. Try again. ${ending.message}`);
}

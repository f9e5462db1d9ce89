import type { AppError } from "@/lib/errors/app-error";
import type { Relay } from "@/lib/gateway/relay";
import type { ClientKind } from "@/lib/openai/client-kind";
import { errorEvents } from "@/lib/openai/error-face";
import { createdEvent, emptyChatChunk, inProgressEvent, type OwnResponse } from "@/lib/openai/own-events";
import { ResponseRemap } from "@/lib/openai/remap-response";
import type { Wire } from "@/lib/openai/request-facts";
import { makeEvent, type SseEvent } from "@/lib/openai/sse";

/** Codex's idle timer is reset by any data event, never by a comment; other clients take comments best. */
const CODEX_KEEPALIVE = makeEvent(null, Buffer.from('{"type":"keepalive"}')).raw;
const COMMENT = Buffer.from(": keep-alive\n\n");

/**
 * Everything that a streaming client hears. Normally upstream's own bytes; when upstream is silent for too long we speak
 * first, with a response of our own, and from then on upstream's events are mapped to it.
 */
export class ClientVoice {
  readonly #wire: Wire;
  readonly #client: ClientKind;
  readonly #requestId: string;
  readonly #own: OwnResponse;
  #relay: Relay;
  readonly #silenceMs: number;
  readonly #speakFirst: () => void;
  #remap: ResponseRemap | null = null;
  #spokeFirst = false;
  readonly #queueGraceMs: number;
  /** In a lane's line; null: in none. */
  #place: number | null = null;
  #graceTimer: NodeJS.Timeout | null = null;
  #upstreamSpoke = false;
  #timer: NodeJS.Timeout | null = null;
  /** Of the upstream's response, when the client knows that one. */
  #upstreamResponseId: string | null = null;
  #upstreamEvents = 0;

  constructor(input: {
    wire: Wire;
    client: ClientKind;
    requestId: string;
    model: string;
    createdAtS: number;
    relay: Relay;
    silenceMs: number;
    queueGraceMs: number;
    /** Sends the reply's head; called at most once, before our first own byte. */
    speakFirst: () => void;
  }) {
    this.#wire = input.wire;
    this.#client = input.client;
    this.#requestId = input.requestId;
    const suffix = input.requestId.replace(/^[a-z]+_/, "");
    this.#own = {
      responseId: input.wire === "responses" ? `resp_${suffix}` : `chatcmpl-${suffix}`,
      model: input.model,
      createdAtS: input.createdAtS,
    };
    this.#relay = input.relay;
    this.#silenceMs = input.silenceMs;
    this.#queueGraceMs = input.queueGraceMs;
    this.#speakFirst = input.speakFirst;
  }

  start(): void {
    this.#timer = setTimeout(() => this.#onSilence(), this.#silenceMs);
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#graceTimer) clearTimeout(this.#graceTimer);
    this.#timer = this.#graceTimer = null;
  }

  /** The request stands in line, or (null) no longer does. A client is told of its place, and of every change of it. */
  waiting(place: number | null): void {
    const isNews = place !== null && place !== this.#place;
    this.#place = place;
    if (place === null) {
      if (this.#graceTimer) clearTimeout(this.#graceTimer);
      this.#graceTimer = null;
    } else if (isNews && this.#spokeFirst) {
      this.#tellAlive();
    } else if (!this.#spokeFirst) {
      // A line that moves at once is not worth a response of our own, with which no status could be told any more.
      this.#graceTimer ??= setTimeout(() => this.#tellPlace(), this.#queueGraceMs);
    }
  }

  /** Goes on in another telling of the same answer. */
  moveTo(relay: Relay): void {
    this.#relay = relay;
    this.start();
  }

  noteResponseId(responseId: string): void {
    this.#upstreamResponseId = responseId;
  }

  /** Passes upstream events on; resolves when the client can take more. */
  async release(events: readonly SseEvent[]): Promise<void> {
    if (events.length === 0) return;
    this.#upstreamSpoke = true;
    this.#timer?.refresh();
    this.#upstreamEvents += events.length;
    const bytes = this.#remap ? this.#mapped(events, this.#remap) : joined(events);
    await this.#relay.write(bytes);
  }

  /** The last words of a stream that cannot go on. A stream that never began gets its head first. */
  async fail(error: AppError): Promise<void> {
    this.stop();
    this.#speakFirst();
    if (this.#wire === "responses" && !this.#upstreamSpoke && !this.#spokeFirst) this.#announce();
    const bytes = errorEvents(error, {
      client: this.#client,
      wire: this.#wire,
      requestId: this.#requestId,
      responseId: this.#remap ? this.#own.responseId : (this.#upstreamResponseId ?? this.#own.responseId),
      sequenceNumber: this.#remap ? this.#remap.takeSequenceNumber() : this.#upstreamEvents,
      model: this.#own.model,
      createdAtS: this.#own.createdAtS,
    });
    await this.#relay.write(bytes);
  }

  #onSilence(): void {
    this.#timer?.refresh();
    if (this.#relay.isBacklogged) return;
    if (this.#upstreamSpoke && !this.#remap) {
      if (this.#relay.ended) return;
      void this.#relay.write(this.#client === "codex" ? CODEX_KEEPALIVE : COMMENT);
      return;
    }
    if (!this.#spokeFirst) {
      this.#speakFirst();
      this.#announce();
      return;
    }
    this.#tellAlive();
  }

  #tellPlace(): void {
    if (this.#place === null || this.#upstreamSpoke) return;
    if (!this.#spokeFirst) {
      this.#speakFirst();
      this.#announce();
    }
    this.#tellAlive();
  }

  #tellAlive(): void {
    this.#timer?.refresh();
    if (this.#relay.isBacklogged) return;
    void this.#relay.write(
      this.#wire === "chat" || !this.#remap
        ? emptyChatChunk(this.#own, this.#place)
        : inProgressEvent(this.#own, this.#remap.takeSequenceNumber(), this.#place),
    );
  }

  #announce(): void {
    this.#spokeFirst = true;
    if (this.#wire === "chat") {
      void this.#relay.write(emptyChatChunk(this.#own));
      return;
    }
    this.#remap = new ResponseRemap(this.#own.responseId, 1);
    void this.#relay.write(createdEvent(this.#own));
  }

  #mapped(events: readonly SseEvent[], remap: ResponseRemap): Buffer {
    const kept: SseEvent[] = [];
    for (const event of events) {
      const mapped = remap.map(event);
      if (mapped) kept.push(mapped);
    }
    return joined(kept);
  }
}

/** Events that still lie side by side in the chunk that brought them go out as one slice of it. */
function joined(events: readonly SseEvent[]): Buffer {
  const [first] = events;
  if (!first) return Buffer.alloc(0);
  if (events.length === 1) return first.raw;
  let end = first.raw.byteOffset + first.raw.byteLength;
  for (let index = 1; index < events.length; index++) {
    const { raw } = events[index]!;
    if (raw.buffer !== first.raw.buffer || raw.byteOffset !== end) return Buffer.concat(events.map((event) => event.raw));
    end += raw.byteLength;
  }
  return Buffer.from(first.raw.buffer, first.raw.byteOffset, end - first.raw.byteOffset);
}

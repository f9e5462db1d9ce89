import assert from "node:assert/strict";
import { AppError } from "@/lib/errors/app-error";
import { ClientVoice } from "@/lib/gateway/client-voice";
import { GenerationBooks } from "@/lib/gateway/generation-books";
import type { AttemptContext } from "@/lib/gateway/attempt";
import { Outlet, type ReplyHead } from "@/lib/gateway/outlet";
import { planLanes, type LanePlan } from "@/lib/gateway/plan-lanes";
import type { GatewayKey, GatewayOptions, GatewayPorts } from "@/lib/gateway/ports";
import type { Relay } from "@/lib/gateway/relay";
import type { RequestRecord } from "@/lib/gateway/request-record";
import { continuesTurn, foreignItemsOn, readSealed, threadIdOf, type Thread } from "@/lib/gateway/thread";
import { walkLanes } from "@/lib/gateway/walk-lanes";
import type { HeaderMap, Reply } from "@/lib/http/call";
import { errorReply } from "@/lib/openai/error-face";
import type { BodyScan } from "@/lib/openai/json-scan";
import type { RequestFacts, Wire } from "@/lib/openai/request-facts";
import { spliceBody, type BodyEdit } from "@/lib/openai/splice";
import type { Price } from "@/lib/pricing/price-type";
import { judgeForCodex } from "@/lib/turns/codex-capabilities";

/*
 * One generation: a request on its way through the owner's lanes, independent of the client that waits for it.
 *
 *   waiting -> (attempt -> declined)* -> attempt -> content -> terminal -> settled -> released
 *
 * Invariants
 * - Nothing of an attempt reaches the client before its first content event; until then the next lane may take over.
 * - After the first content byte there is no other lane.
 * - The terminal reaches the client only after its settlement is durable.
 * - The client leaving changes nothing here: the answer is drained so that its real usage is known, until the deadline. Only a
 *   turn on a Codex lane, which costs nothing per token, is interrupted then.
 */

export type GenerationInput = {
  ports: GatewayPorts;
  options: GatewayOptions;
  key: GatewayKey;
  record: RequestRecord;
  wire: Wire;
  headers: HeaderMap;
  bytes: Buffer;
  scan: BodyScan;
  facts: RequestFacts;
  model: string;
  /** Edits that every lane gets, such as the key's default model. */
  edits: readonly BodyEdit[];
  /** Called once, when no lane can need the body any more. */
  onBodyDone: () => void;
};

/** How long an answer that is not booked yet is kept for its client, and how often booking is tried beyond the settler's own tries. */
const WITHHELD_MS = 10 * 60_000;
const WITHHELD_PAUSE_MS = 250;
const WITHHELD_RETRY_S = 10;

export class Generation {
  readonly record: RequestRecord;
  /** Resolves when everything is settled and written. */
  readonly finished: Promise<void>;
  failed = false;
  delivered = false;
  onDelivered: (() => void) | null = null;
  clientsCame = 0;

  readonly #input: Omit<GenerationInput, "bytes" | "scan">;
  /** Null from the first content on: an answer that is kept for its client must not keep the request as well. */
  #body: Pick<GenerationInput, "bytes" | "scan"> | null;
  readonly #voice: ClientVoice;
  readonly #books: GenerationBooks;
  readonly #abort = new AbortController();
  readonly #context: AttemptContext;
  #outlet = new Outlet();
  #clientsLeft = 0;
  /** Null: the owner has no choice of lanes for it, or nothing names it. */
  #thread: Thread | null = null;
  readonly #onGone = new Set<() => void>();

  constructor({ bytes, scan, ...input }: GenerationInput) {
    this.#input = input;
    this.#body = { bytes, scan };
    this.record = input.record;
    this.#voice = new ClientVoice({
      wire: input.wire,
      client: input.record.client,
      requestId: input.record.id,
      model: input.model,
      relay: this.relay,
      silenceMs: input.options.silenceMs,
      queueGraceMs: input.options.queueGraceMs,
      createdAtS: Math.floor(input.record.startedAt.getTime() / 1000),
      speakFirst: () =>
        this.#sendHead({ status: 200, headers: { "content-type": "text/event-stream", "cache-control": "no-cache" }, body: null }),
    });
    const { ports, key, record, wire, facts, model } = input;
    const isClientGone = () => this.#isClientGone();
    const replyBytes = () => this.relay.bytesWritten;
    const keepThread = (laneId: string) => this.#keepThread(laneId);
    this.#books = new GenerationBooks({ ports, key, record, wire, facts, model, isClientGone, replyBytes, keepThread });
    this.#context = this.#newContext();
    this.finished = this.#run();
  }

  /** The bytes of the current telling. */
  get relay(): Relay {
    return this.#outlet.relay;
  }

  /** A reply for one client; a second client of the same generation gets the same bytes from the start. */
  async reply(signal: AbortSignal): Promise<Reply> {
    this.clientsCame += 1;
    const leave = () => {
      this.#clientsLeft += 1;
      if (this.#isClientGone()) for (const run of this.#onGone) run();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    const outlet = this.#outlet;
    const head = await outlet.head;
    return {
      status: head.status,
      headers: head.headers,
      body: head.body ?? outlet.relay.read(),
      onEnd: (delivered) => {
        signal.removeEventListener("abort", leave);
        // An outlet that was left told only half of it.
        if (!delivered || outlet !== this.#outlet) return;
        this.delivered = true;
        this.onDelivered?.();
      },
    };
  }

  /** What a heartbeat tells the database. */
  progress(): ReturnType<GenerationBooks["progress"]> {
    return this.#books.progress();
  }

  /** Ends the upstream call now; what was generated so far is settled as interrupted. */
  interrupt(reason: string): void {
    this.#abort.abort(new Error(reason));
    this.relay.stopWaiting();
  }

  async #run(): Promise<void> {
    const deadline = setTimeout(() => this.interrupt("deadline"), this.#input.options.streamDeadlineMs);
    try {
      if (this.record.stream) this.#voice.start();
      const error = await this.#tryLanes();
      if (error) await this.#refuse(error);
    } catch (error) {
      // Only bugs and a database that is away come here.
      this.#input.ports.alarm({
        kind: "generation_failed",
        subject: this.record.id,
        detail: String((error as Error).stack ?? error).slice(0, 2000),
      });
      await this.#books.endLiveHold().catch(() => {});
      await this.#refuse(error instanceof AppError ? error : new AppError("internal", "Internal error", { cause: error })).catch(() => {});
    } finally {
      clearTimeout(deadline);
      this.#dropBody();
      this.#voice.stop();
      this.relay.end();
    }
  }

  async #tryLanes(): Promise<AppError | null> {
    const price = await this.#input.ports.priceOf(this.#input.model);
    return walkLanes(this.#context, await this.#plan(price), price);
  }

  async #plan(price: Price | null): Promise<LanePlan> {
    const { ports, options, key, wire, facts, model } = this.#input;
    const storedOn = facts.previousResponseId === null ? undefined : await ports.findStoredResponse(key.userId, facts.previousResponseId);
    const hasCodexLanes = key.lanes.some((lane) => lane.kind === "codex");
    if (hasCodexLanes) this.#thread = await this.#findThread();
    return planLanes({
      lanes: key.lanes,
      facts,
      model,
      price,
      storedOn,
      webSearchCallsMax: options.webSearchCallsMax,
      codexVerdict: hasCodexLanes ? judgeForCodex(wire, this.#bodyValue(), { strict: key.parametersStrict }) : null,
      codexLanesOn: key.codexLanesOn,
      spill: key.spill,
      thread: this.#thread,
      now: ports.now(),
    });
  }

  /** Looked up only for an owner with Codex lanes and a choice; the plain way through the wallet pays nothing for it. */
  async #findThread(): Promise<Thread | null> {
    const { ports, key, record, wire, facts } = this.#input;
    const id = threadIdOf(record.labels, facts);
    if (id === null || key.lanes.filter((lane) => lane.state !== "paused").length < 2) return null;
    const body = this.#bodyValue();
    return {
      id,
      turnId: record.labels.turnId,
      continuesTurn: continuesTurn(wire, body),
      pin: await ports.findPin(key.keyId, id),
      sealed: readSealed(wire, body),
    };
  }

  #keepThread(laneId: string): Promise<void> | null {
    const thread = this.#thread;
    if (!thread) return null;
    const { ports, key } = this.#input;
    return ports.keepPin({
      userId: key.userId,
      keyId: key.keyId,
      threadId: thread.id,
      laneId,
      turnId: thread.turnId,
      foreignItems: this.#context.allSealedLeftOut ? thread.sealed.itemsCount : foreignItemsOn(thread, laneId),
    });
  }

  /** Nobody answered: the client gets the error, the log gets the request. */
  async #refuse(error: AppError): Promise<void> {
    if (this.record.outcome !== "interrupted")
      this.record.outcome = this.record.attempts.some((attempt) => attempt.upstreamStatus !== null) ? "failed" : "refused";
    await this.#tellError(error);
    await this.#books.settleRefused();
  }

  /** As a whole reply, or as the end of a stream that has begun. */
  async #tellError(error: AppError): Promise<void> {
    this.failed = true;
    this.#noteError(error);
    if (this.#outlet.isOpen) {
      this.record.status = 200;
      return this.#voice.fail(error);
    }
    const reply = errorReply(error, { client: this.record.client, wire: this.#input.wire, requestId: this.record.id });
    this.record.status = reply.status;
    this.#sendHead({ status: reply.status, headers: reply.headers, body: reply.body as Uint8Array });
  }

  /**
   * The answer is whole and its settlement on disk, but not on the ledger yet. Who waits is told to come back; who comes back
   * joins this same answer, which goes on when it is booked, and is not charged a second time. False: it could not be kept.
   */
  async #withhold(): Promise<boolean> {
    const told = this.#outlet;
    const kept = told.fork();
    const away = new AppError("upstream_unavailable", "Your answer is safe on our side but could not be booked yet. Try again shortly.", {
      retryAfterS: WITHHELD_RETRY_S,
    });
    await this.#tellError(away);
    told.relay.end();
    if (!kept) return false;
    this.failed = false;
    this.#outlet = kept;
    if (this.record.stream) this.#voice.moveTo(kept.relay);
    const until = this.#input.ports.now().getTime() + WITHHELD_MS;
    while (!this.#abort.signal.aborted && this.#input.ports.now().getTime() < until) {
      if ((await this.#books.settleAgain()) !== "journaled") return true;
      await new Promise((resolve) => setTimeout(resolve, WITHHELD_PAUSE_MS));
    }
    return false;
  }

  #noteError(error: AppError): void {
    this.record.errorCode = error.code;
    this.record.errorText = error.message;
  }

  #bodyValue(): BodyScan["value"] {
    assert(this.#body, "lanes are chosen before the first content");
    return this.#body.scan.value;
  }

  #spliced(edits: readonly BodyEdit[]): Buffer {
    assert(this.#body, "no lane is tried after the first content");
    return spliceBody(this.#body.bytes, this.#body.scan, edits);
  }

  #dropBody(): void {
    if (!this.#body) return;
    this.#body = null;
    this.#input.onBodyDone();
  }

  #sendHead(head: ReplyHead): void {
    const headers: Record<string, string> = { "x-request-id": this.record.id, ...head.headers };
    this.#outlet.open({ ...head, headers });
  }

  #isClientGone(): boolean {
    return this.clientsCame > 0 && this.#clientsLeft >= this.clientsCame;
  }

  /** What attempts may see and do; `isAdmitted` lives on from one to the next. */
  #newContext(): AttemptContext {
    const setFailed = (failed: boolean) => {
      this.failed = failed;
    };
    const { ports, options, key, wire, headers, facts, model, edits } = this.#input;
    return {
      ports,
      options,
      key,
      wire,
      headers,
      facts,
      model,
      edits,
      record: this.record,
      books: this.#books,
      voice: this.#voice,
      signal: this.#abort.signal,
      isAdmitted: false,
      allSealedLeftOut: false,
      setFailed,
      isClientGone: () => this.#isClientGone(),
      whenClientGone: (run) => {
        this.#onGone.add(run);
        if (this.#isClientGone()) run();
        return () => void this.#onGone.delete(run);
      },
      isHeadSent: () => this.#outlet.isOpen,
      sendHead: (head) => this.#sendHead(head),
      tellError: (error) => this.#tellError(error),
      noteError: (error) => this.#noteError(error),
      withhold: () => this.#withhold(),
      sealed: () => readSealed(wire, this.#bodyValue()),
      splice: (spliced) => this.#spliced(spliced),
      dropBody: () => this.#dropBody(),
    };
  }
}

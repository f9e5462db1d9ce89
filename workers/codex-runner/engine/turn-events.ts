import { AppServerRefusal } from "@/workers/codex-runner/app-server/app-server";
import { limitsOf } from "@/workers/codex-runner/app-server/reported-limits-of";
import { NotificationReader } from "@/workers/codex-runner/engine/notification-reader";
import { readyThreadOf } from "@/workers/codex-runner/engine/ready-thread";
import { TurnInbox } from "@/workers/codex-runner/engine/turn-inbox";
import { declined } from "@/workers/codex-runner/engine/turn-trouble";
import type { TurnRequest } from "@/lib/turns/read-turn";
import type { TurnItem } from "@/lib/turns/turn-item";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { Notification, ThreadStart } from "@/workers/codex-runner/app-server/app-server-protocol";
import type { EngineEvent } from "@/workers/codex-runner/engine/engine-event";

export type TurnSource = {
  server: AppServer;
  request: TurnRequest;
  model: string;
  signal: AbortSignal;
  onLimits: (limits: ReportedLimits) => void;
};

/** What a slow reader may leave unread, in characters: several of the longest answers that a model gives. */
const UNREAD_CHARS_MAX = 32 * 1024 * 1024;
const BATCH_CHARS_MAX = 16 * 1024 * 1024;
const INTERRUPT_TIMEOUT_MS = 5_000;

/**
 * One turn as app-server tells it: a thread of its own, perhaps made ahead, the whole conversation put into it, an empty turn started.
 *
 *   message | text | message_end | reasoning | summary | reasoning_end | call …, then once: end | declined | refused
 *
 * The calls of the client's tools come all together when the model's response is complete: only then are they all known, and the usage
 * with them. The turn is interrupted then, for the tools run at the client, and its next request brings their outputs in a new thread.
 * When the reader leaves, or `signal` is aborted, the turn is interrupted and the events simply end.
 */
export async function* turnEvents(source: TurnSource): AsyncGenerator<EngineEvent> {
  const { server, signal } = source;
  if (signal.aborted) return;
  const inbox = new TurnInbox<Notification>(UNREAD_CHARS_MAX);
  const turn = new RunningTurn(server);
  const abort = (): void => {
    inbox.drop();
    turn.interrupt();
  };
  signal.addEventListener("abort", abort, { once: true });
  const forgetClose = server.whenClosed((error) => inbox.end(error));
  try {
    yield* eventsOf(await turn.start(source, inbox), source, inbox);
    if (inbox.overflowed) yield declined("busy", "slow_reader", "The answer was not read fast enough.");
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof AppServerRefusal)) throw error;
    if (error.isRequestsFault) yield { kind: "refused", code: "request_invalid", message: error.message, param: null };
    else yield declined("busy", "app_server_refused", error.message);
  } finally {
    signal.removeEventListener("abort", abort);
    forgetClose();
    inbox.drop();
    turn.leave();
  }
}

async function* eventsOf(turn: RunningTurn, source: TurnSource, inbox: TurnInbox<Notification>): AsyncGenerator<EngineEvent> {
  const reader = new NotificationReader(source);
  for (;;) {
    const notification = await inbox.next();
    if (notification === null) return;
    // What was put into the thread is told as if the model had said it, under another turn's id.
    if (!turn.owns(notification)) continue;
    for (const event of reader.read(notification)) yield event;
    const end = await reader.ending();
    if (end === null) continue;
    turn.isOver = notification.method === "turn/completed";
    turn.endedWell = end.kind === "end";
    // Before the reader takes its time with the end: the model may be at work still.
    turn.interrupt();
    yield end;
    return;
  }
}

/** The thread and the turn at app-server, and how to be rid of them. */
class RunningTurn {
  isOver = false;
  endedWell = false;
  private settings: ThreadStart | null = null;
  private threadId: string | null = null;
  private turnId: string | null = null;
  private interrupted: Promise<unknown> | null = null;
  private readonly unsubscribes: (() => void)[] = [];

  constructor(private readonly server: AppServer) {}

  async start({ server, request, model, onLimits }: TurnSource, inbox: TurnInbox<Notification>): Promise<RunningTurn> {
    this.settings = threadFor(request, model);
    const threadId = await readyThreadOf(server).take(this.settings);
    this.threadId = threadId;
    for (const items of inBatches(request.items)) await server.request("thread/inject_items", { threadId, items });
    this.unsubscribes.push(
      server.subscribe(threadId, (notification) => inbox.push(notification, sizeOf(notification))),
      server.subscribe(null, ({ method, params }) => {
        if (method === "account/rateLimits/updated") onLimits(limitsOf(params.rateLimits, new Date()));
      }),
    );
    const { turn } = await server.request("turn/start", {
      threadId,
      input: [],
      summary: request.summary,
      ...(request.outputSchema === null ? {} : { outputSchema: request.outputSchema }),
    });
    this.turnId = turn.id;
    return this;
  }

  owns({ params }: Notification): boolean {
    if ("turnId" in params) return params.turnId === this.turnId;
    return !("turn" in params) || params.turn.id === this.turnId;
  }

  interrupt(): void {
    if (this.isOver || this.interrupted || this.threadId === null || this.turnId === null) return;
    const { threadId, turnId } = this;
    // It may have ended by itself meanwhile, or the whole server with it.
    this.interrupted = this.server
      .request("turn/interrupt", { threadId, turnId }, { timeoutMs: INTERRUPT_TIMEOUT_MS })
      .catch(() => undefined);
  }

  /** Nobody waits for it: the thread is unloaded behind the client's back. */
  leave(): void {
    for (const unsubscribe of this.unsubscribes) unsubscribe();
    this.interrupt();
    const { threadId, settings } = this;
    if (threadId === null) return;
    void (async () => {
      await this.interrupted;
      await this.server.request("thread/unsubscribe", { threadId }).catch(() => undefined);
    })();
    if (this.endedWell && settings !== null) readyThreadOf(this.server).renew(settings);
  }
}

function threadFor({ tools, verbosity, effort }: TurnRequest, model: string): ThreadStart {
  return {
    model,
    ephemeral: true,
    approvalPolicy: "never",
    sandbox: "read-only",
    baseInstructions: "",
    developerInstructions: null,
    experimentalRawEvents: true,
    dynamicTools: tools.map(({ name, description, parameters }) => ({ type: "function", name, description, inputSchema: parameters })),
    // Told with the turn, some models would get the effort as an item behind the conversation.
    config: {
      ...(verbosity === null ? {} : { model_verbosity: verbosity }),
      ...(effort === null ? {} : { model_reasoning_effort: effort }),
    },
  };
}

/** app-server takes messages up to a bound, and a conversation of images may be above it. */
function inBatches(items: readonly TurnItem[]): TurnItem[][] {
  const batches: TurnItem[][] = [];
  let room = 0;
  for (const item of items) {
    const size = JSON.stringify(item).length;
    if (size > room || batches.length === 0) {
      batches.push([]);
      room = BATCH_CHARS_MAX;
    }
    batches.at(-1)?.push(item);
    room -= size;
  }
  return batches;
}

function sizeOf(notification: Notification): number {
  return notification.method === "item/agentMessage/delta" ? notification.params.delta.length + 100 : 1_000;
}

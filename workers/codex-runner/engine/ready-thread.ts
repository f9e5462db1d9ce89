import { createHash } from "node:crypto";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { ThreadStart } from "@/workers/codex-runner/app-server/app-server-protocol";

/**
 * One thread per app-server that is ready before its request comes. To begin a thread, Codex reads its settings, and asks OpenAI for those
 * of the account over a new connection before the first item may go in: a thread made ahead has that behind it.
 *
 *   none --renew--> being made -> ready --take--> one request's own, for good
 *                                    \--READY_MS_MAX--> unloaded
 *
 * A thread is made for one shape, the whole of its settings and tools, and serves no other. Only a shape that came twice in a row is
 * expected a third time: clients that differ from each other cost nothing here.
 */
const READY_MS_MAX = 30_000;

/**
 * Codex has put everything of its own in front of a conversation when the first item was given to it, and leaves out what it does not
 * know: so nothing of this reaches a model.
 */
const NOTHING = { type: "warm_up" };

type Ready = { shape: string; threadId: Promise<string | null>; timer: NodeJS.Timeout };

const OF_SERVER = new WeakMap<AppServer, ReadyThread>();

export function readyThreadOf(server: AppServer): ReadyThread {
  const known = OF_SERVER.get(server) ?? new ReadyThread(server);
  OF_SERVER.set(server, known);
  return known;
}

class ReadyThread {
  #ready: Ready | null = null;
  #lastShape: string | null = null;

  constructor(private readonly server: AppServer) {}

  /** The id of a thread that nobody else has or will have. */
  async take(settings: ThreadStart): Promise<string> {
    if (this.#ready?.shape === shapeOf(settings)) {
      const { threadId, timer } = this.#ready;
      this.#ready = null;
      clearTimeout(timer);
      const ready = await threadId;
      if (ready !== null) return ready;
    }
    return this.#start(settings);
  }

  /** A turn with these settings has ended well: another one may follow. */
  renew(settings: ThreadStart): void {
    const shape = shapeOf(settings);
    const isExpected = shape === this.#lastShape;
    this.#lastShape = shape;
    if (!isExpected || this.#ready?.shape === shape) return;
    this.#drop();
    const timer = setTimeout(() => this.#drop(), READY_MS_MAX);
    timer.unref();
    this.#ready = { shape, threadId: this.#make(settings), timer };
  }

  /** Null: whoever takes it starts one of their own, and hears why that fails. */
  async #make(settings: ThreadStart): Promise<string | null> {
    let threadId: string | null = null;
    try {
      threadId = await this.#start(settings);
      await this.server.request("thread/inject_items", { threadId, items: [NOTHING] });
      return threadId;
    } catch {
      if (threadId !== null) this.#unload(threadId);
      return null;
    }
  }

  async #start(settings: ThreadStart): Promise<string> {
    const { thread } = await this.server.request("thread/start", settings);
    return thread.id;
  }

  #drop(): void {
    if (this.#ready === null) return;
    const { threadId, timer } = this.#ready;
    this.#ready = null;
    clearTimeout(timer);
    void threadId.then((id) => id !== null && this.#unload(id));
  }

  #unload(threadId: string): void {
    this.server.request("thread/unsubscribe", { threadId }).catch(() => undefined);
  }
}

/** Short, whatever the tools are. */
function shapeOf(settings: ThreadStart): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("base64");
}

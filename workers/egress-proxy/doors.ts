import type { Server, Socket } from "node:net";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Logger } from "pino";
import { openListener } from "@/workers/egress-proxy/open-listener";
import { isProcessAlive, processBirth } from "@/workers/shared/process-table";
import type { EgressIdentity } from "@/workers/shared/egress-token";

/** `pid` stands for the network namespace; its birth tells it from a later process of the same number. */
const keptDoor = z.object({ accountId: z.string(), fence: z.int(), pid: z.int(), birth: z.string() });
type KeptDoor = z.infer<typeof keptDoor>;
type Door = KeptDoor & { listener: Server };

/** Sockets of one account, header or not. */
const SOCKETS_MAX = 64;

export type OpenDoor = { accountId: string; fence: number; pid: number };
export type DoorAnswer = { kind: "open" } | { kind: "fenced" } | { kind: "failed"; message: string };

/**
 * The doors of the containers on this machine, one per account. They are written down, so that a proxy that was started again
 * opens them again: the namespaces have lived on.
 */
export class Doors {
  readonly #file: string;
  readonly #log: Logger;
  readonly #onSocket: (socket: Socket, identity: () => EgressIdentity) => void;
  readonly #onMoved: (accountId: string, fence: number | undefined) => void;
  readonly #doors = new Map<string, Door>();
  /** The last piece of work of each account: one after the other. */
  readonly #lines = new Map<string, Promise<unknown>>();
  #isClosed = false;

  constructor(options: {
    file: string;
    log: Logger;
    onSocket: (socket: Socket, identity: () => EgressIdentity) => void;
    /** The door is gone (no fence), or belongs to this fence now. */
    onMoved: (accountId: string, fence: number | undefined) => void;
  }) {
    this.#file = options.file;
    this.#log = options.log;
    this.#onSocket = options.onSocket;
    this.#onMoved = options.onMoved;
  }

  list(): EgressIdentity[] {
    return [...this.#doors.values()].map(({ accountId, fence }) => ({ accountId, fence }));
  }

  open(wanted: OpenDoor): Promise<DoorAnswer> {
    return this.#inLine(wanted.accountId, () => this.#open({ ...wanted, birth: processBirth(wanted.pid) }));
  }

  shut(accountId: string): Promise<void> {
    return this.#inLine(accountId, async () => this.#shut(accountId));
  }

  /** After a restart. A namespace that is gone, or cannot be entered any more, has no door. */
  async reopen(): Promise<void> {
    await Promise.all(
      this.#readKept().map(async (kept) => {
        if (!isThere(kept)) return;
        const answer = await this.#inLine(kept.accountId, () => this.#open(kept));
        if (answer.kind === "failed")
          this.#log.warn({ accountId: kept.accountId, why: answer.message }, "a door could not be opened again");
      }),
    );
    this.#keep();
  }

  /** Our listening socket would keep the namespace of a dead container alive. */
  shutAbandoned(): void {
    for (const door of this.#doors.values()) if (!isThere(door)) void this.shut(door.accountId);
  }

  /** The doors are kept for the next proxy. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#lines.values());
    for (const door of this.#doors.values()) door.listener.close();
  }

  async #open(wanted: KeptDoor): Promise<DoorAnswer> {
    if (this.#isClosed) return { kind: "failed", message: "The egress proxy is stopping." };
    if (!isThere(wanted)) return { kind: "failed", message: `There is no process ${wanted.pid}.` };
    const { accountId } = wanted;
    const current = this.#doors.get(accountId);
    if (current && isThere(current)) {
      if (wanted.fence < current.fence) return { kind: "fenced" };
      if (current.pid === wanted.pid && current.birth === wanted.birth) {
        if (current.fence !== wanted.fence) {
          current.fence = wanted.fence;
          this.#onMoved(accountId, wanted.fence);
          this.#keep();
        }
        return { kind: "open" };
      }
    }
    this.#shut(accountId);
    let listener: Server;
    try {
      listener = await openListener(wanted.pid);
    } catch (error) {
      return { kind: "failed", message: (error as Error).message };
    }
    const door: Door = { ...wanted, listener };
    listener.maxConnections = SOCKETS_MAX;
    listener.on("connection", (socket: Socket) => this.#onSocket(socket, () => ({ accountId, fence: door.fence })));
    listener.on("error", (error) => this.#log.warn({ err: error, accountId }, "a door has failed"));
    this.#doors.set(accountId, door);
    this.#keep();
    return { kind: "open" };
  }

  #shut(accountId: string): void {
    const door = this.#doors.get(accountId);
    if (door === undefined) return;
    this.#doors.delete(accountId);
    door.listener.close();
    this.#onMoved(accountId, undefined);
    this.#keep();
  }

  #inLine<T>(accountId: string, work: () => Promise<T>): Promise<T> {
    const next = (this.#lines.get(accountId) ?? Promise.resolve()).then(work);
    const settled = next.catch(() => undefined);
    this.#lines.set(accountId, settled);
    void settled.then(() => {
      if (this.#lines.get(accountId) === settled) this.#lines.delete(accountId);
    });
    return next;
  }

  #readKept(): KeptDoor[] {
    try {
      return z.array(keptDoor).parse(JSON.parse(readFileSync(this.#file, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      // The runners ask for each door again when its container is next used.
      this.#log.warn({ err: error }, "the doors of the last run cannot be read");
      return [];
    }
  }

  #keep(): void {
    const doors = [...this.#doors.values()].map(({ accountId, fence, pid, birth }) => ({ accountId, fence, pid, birth }));
    const draft = `${this.#file}.draft`;
    writeFileSync(draft, JSON.stringify(doors), { mode: 0o600 });
    renameSync(draft, this.#file);
  }
}

function isThere({ pid, birth }: { pid: number; birth: string }): boolean {
  return isProcessAlive(pid) && processBirth(pid) === birth;
}

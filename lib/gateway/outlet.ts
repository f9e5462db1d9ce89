import { Relay } from "@/lib/gateway/relay";
import type { HeaderMap } from "@/lib/http/call";

export type ReplyHead = { status: number; headers: HeaderMap; /** Null: the relay carries it. */ body: Uint8Array | null };

/** One telling of an answer: its head, once, and the bytes behind it. Whoever asks for the answer reads the outlet of that moment. */
export class Outlet {
  readonly relay: Relay;
  readonly head: Promise<ReplyHead>;
  #sent: ReplyHead | null = null;
  #resolve!: (head: ReplyHead) => void;

  constructor(relay = new Relay()) {
    this.relay = relay;
    this.head = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get isOpen(): boolean {
    return this.#sent !== null;
  }

  /** The first head counts. */
  open(head: ReplyHead): void {
    if (this.#sent) return;
    this.#sent = head;
    this.#resolve(head);
  }

  /**
   * The same telling up to here, to be continued another way than this one; null when its beginning is no longer kept. A whole
   * reply begins anew.
   */
  fork(): Outlet | null {
    if (this.#sent === null || this.#sent.body !== null) return new Outlet();
    const relay = this.relay.fork();
    if (!relay) return null;
    const outlet = new Outlet(relay);
    outlet.open(this.#sent);
    return outlet;
  }
}

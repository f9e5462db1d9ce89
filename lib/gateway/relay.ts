/** Unread bytes at which the upstream is made to wait for the slowest reader. */
const BACKLOG_MAX_BYTES = 1024 * 1024;
/** What is kept for a client that comes back for the same answer; beyond it the answer can no longer be replayed. */
const REPLAY_MAX_BYTES = 8 * 1024 * 1024;

type Reader = { position: number; bytesRead: number; wake: (() => void) | null };

/**
 * The bytes of one streamed answer between the upstream that produces them and the clients that read them. The producer goes
 * on without readers (that is draining); a reader that comes later starts at the first byte (that is joining).
 */
export class Relay {
  #chunks: Uint8Array[] = [];
  /** Index of `#chunks[0]` in the whole answer; above 0 only when replay was given up. */
  #dropped = 0;
  #bytesDropped = 0;
  #bytes = 0;
  #ended = false;
  #isPatient = true;
  #replayable = true;
  /** A reader has come. */
  #hasBegun = false;
  readonly #readers = new Set<Reader>();
  /** One promise for whoever writes: the pump and the signs of life in between. */
  #room: { promise: Promise<void>; resolve: () => void } | null = null;

  get bytesWritten(): number {
    return this.#bytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get replayable(): boolean {
    return this.#replayable;
  }

  /** Resolves at once, or when the slowest reader has caught up or left. */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (chunk.byteLength === 0) return undefined;
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes > REPLAY_MAX_BYTES) this.#replayable = false;
    this.#wakeReaders();
    this.#forgetRead();
    if (!this.#isPatient || this.#backlog() <= BACKLOG_MAX_BYTES) return undefined;
    this.#room ??= openPromise();
    return this.#room.promise;
  }

  /** The slowest reader is far behind: it needs no sign of life, and the producer waits. */
  get isBacklogged(): boolean {
    return this.#room !== null;
  }

  /** Another relay with the bytes so far; null when their beginning is no longer kept. */
  fork(): Relay | null {
    if (!this.#replayable) return null;
    const other = new Relay();
    other.#chunks = [...this.#chunks];
    other.#bytes = this.#bytes;
    return other;
  }

  end(): void {
    this.#ended = true;
    this.#wakeReaders();
    this.#makeRoom();
  }

  /** Lets a producer that waits for a reader go on, whatever the reader does. */
  stopWaiting(): void {
    this.#isPatient = false;
    this.#makeRoom();
  }

  /** Frees what was kept for joiners. */
  dropReplay(): void {
    this.#replayable = false;
    this.#forgetRead();
  }

  async *read(): AsyncGenerator<Uint8Array, void, void> {
    const reader: Reader = { position: this.#dropped, bytesRead: this.#bytesDropped, wake: null };
    this.#readers.add(reader);
    this.#hasBegun = true;
    try {
      for (;;) {
        const chunk = this.#chunks[reader.position - this.#dropped];
        if (chunk !== undefined) {
          reader.position += 1;
          reader.bytesRead += chunk.byteLength;
          this.#afterRead();
          yield chunk;
        } else if (this.#ended) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
        }
      }
    } finally {
      this.#readers.delete(reader);
      this.#afterRead();
    }
  }

  #afterRead(): void {
    this.#forgetRead();
    if (this.#backlog() <= BACKLOG_MAX_BYTES / 2) this.#makeRoom();
  }

  #makeRoom(): void {
    const room = this.#room;
    this.#room = null;
    room?.resolve();
  }

  #wakeReaders(): void {
    for (const reader of this.#readers) {
      const wake = reader.wake;
      reader.wake = null;
      wake?.();
    }
  }

  /** Bytes that the slowest reader has not taken yet; without readers nobody is waited for. */
  #backlog(): number {
    if (this.#readers.size === 0) return 0;
    let slowest = this.#bytes;
    for (const reader of this.#readers) slowest = Math.min(slowest, reader.bytesRead);
    return this.#bytes - slowest;
  }

  #slowest(): number {
    let slowest = this.#dropped + this.#chunks.length;
    for (const reader of this.#readers) slowest = Math.min(slowest, reader.position);
    return slowest;
  }

  #forgetRead(): void {
    // The reader of a fresh answer comes a moment after its first bytes.
    if (this.#replayable || !this.#hasBegun) return;
    const read = this.#slowest() - this.#dropped;
    if (read === 0) return;
    for (const chunk of this.#chunks.splice(0, read)) this.#bytesDropped += chunk.byteLength;
    this.#dropped += read;
  }
}

function openPromise(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/**
 * Who may use one ChatGPT account next. Pure: no clock, no promises; whoever owns it acts on what it returns.
 *
 * Invariants: whoever entered is either waiting or running until it leaves; at most `runningMax` run and `waitingMax` wait. Among
 * the keys of the owner it goes round: each key with somebody waiting gets its turn, first come first served inside a key. Near
 * its end the line only takes keys that have nobody in it, so that one busy key cannot shut the others out.
 */
export class TurnLine {
  /** Keys with somebody waiting, in the order in which they are served. */
  readonly #waiting = new Map<string, string[]>();
  readonly #keyOf = new Map<string, string>();
  readonly #running = new Set<string>();
  readonly #waitingMax: number;
  #runningMax: number;

  constructor(bounds: { waitingMax: number; runningMax: number }) {
    this.#waitingMax = bounds.waitingMax;
    this.#runningMax = bounds.runningMax;
  }

  get waitingCount(): number {
    return this.#keyOf.size - this.#running.size;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Lowered while more are running, it only keeps new ones waiting. */
  setRunningMax(runningMax: number): void {
    this.#runningMax = runningMax;
  }

  /** `full`: it is not in the line. Whoever entered may be started by the next `start`. */
  enter(turnId: string, keyId: string): "entered" | "full" {
    if (this.#keyOf.has(turnId)) throw new Error(`turn ${turnId} is in the line already`);
    const isFree = this.#running.size < this.#runningMax && this.waitingCount === 0;
    if (!isFree && this.waitingCount >= this.#roomFor(keyId)) return "full";
    this.#keyOf.set(turnId, keyId);
    const turns = this.#waiting.get(keyId);
    if (turns) turns.push(turnId);
    else this.#waiting.set(keyId, [turnId]);
    return "entered";
  }

  /** Those whose turn it is now: from here on they run. */
  start(): string[] {
    const started: string[] = [];
    while (this.#running.size < this.#runningMax) {
      const next = this.#takeFirst();
      if (next === null) break;
      this.#running.add(next);
      started.push(next);
    }
    return started;
  }

  /** Done, or gone: wherever it was, its place is free at once. Somebody unknown changes nothing. */
  leave(turnId: string): void {
    const keyId = this.#keyOf.get(turnId);
    if (keyId === undefined) return;
    this.#keyOf.delete(turnId);
    if (this.#running.delete(turnId)) return;
    const turns = this.#waiting.get(keyId) ?? [];
    turns.splice(turns.indexOf(turnId), 1);
    if (turns.length === 0) this.#waiting.delete(keyId);
  }

  /** Everybody who waits, in the order in which they will be served if nobody comes or goes. */
  order(): string[] {
    const queues = [...this.#waiting.values()];
    const order: string[] = [];
    for (let round = 0; order.length < this.waitingCount; round += 1) {
      for (const queue of queues) {
        const turnId = queue[round];
        if (turnId !== undefined) order.push(turnId);
      }
    }
    return order;
  }

  #roomFor(keyId: string): number {
    return this.#waiting.has(keyId) ? this.#waitingMax - Math.floor(this.#waitingMax / 4) : this.#waitingMax;
  }

  #takeFirst(): string | null {
    const [first] = this.#waiting;
    if (!first) return null;
    const [keyId, turns] = first;
    const turnId = turns.shift()!;
    // The key goes to the end of the round.
    this.#waiting.delete(keyId);
    if (turns.length > 0) this.#waiting.set(keyId, turns);
    return turnId;
  }
}

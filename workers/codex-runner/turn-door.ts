import { TurnLine } from "@/workers/codex-runner/turn-line";

export type Arrival = {
  turnId: string;
  keyId: string;
  /** Longest stay in the line. */
  queueMs: number;
  /** Aborted: it gives up. */
  signal: AbortSignal;
  /** 1 is next; called whenever it changes, never for whoever need not wait. */
  onPlace: (place: number) => void;
};

/** `full` and `late` did not get in and need not leave. `left`: its signal was aborted. */
export type Admission = "in" | "full" | "late" | "left";

type Waiter = { admit: () => void; onPlace: (place: number) => void; place: number | null };

/** The line of one account with people in it: promises, deadlines and places around `TurnLine`. Whoever is `in` must `leave`. */
export class TurnDoor {
  readonly #line: TurnLine;
  readonly #waiters = new Map<string, Waiter>();

  constructor(bounds: { waitingMax: number; runningMax: number }) {
    this.#line = new TurnLine(bounds);
  }

  get runningCount(): number {
    return this.#line.runningCount;
  }

  get waitingCount(): number {
    return this.#line.waitingCount;
  }

  setRunningMax(runningMax: number): void {
    this.#line.setRunningMax(runningMax);
    this.#advance();
  }

  enter(arrival: Arrival): Promise<Admission> {
    const { turnId, signal } = arrival;
    if (signal.aborted) return Promise.resolve("left");
    if (this.#line.enter(turnId, arrival.keyId) === "full") return Promise.resolve("full");
    return new Promise((resolve) => {
      const settle = (admission: Admission) => {
        clearTimeout(deadline);
        signal.removeEventListener("abort", giveUp);
        this.#waiters.delete(turnId);
        resolve(admission);
      };
      const goAway = (admission: Admission) => {
        settle(admission);
        this.leave(turnId);
      };
      const giveUp = () => goAway("left");
      const deadline = setTimeout(() => goAway("late"), arrival.queueMs);
      signal.addEventListener("abort", giveUp, { once: true });
      this.#waiters.set(turnId, { admit: () => settle("in"), onPlace: arrival.onPlace, place: null });
      this.#advance();
    });
  }

  leave(turnId: string): void {
    this.#line.leave(turnId);
    this.#advance();
  }

  #advance(): void {
    for (const turnId of this.#line.start()) this.#waiters.get(turnId)?.admit();
    for (const [index, turnId] of this.#line.order().entries()) {
      const waiter = this.#waiters.get(turnId);
      if (!waiter || waiter.place === index + 1) continue;
      waiter.place = index + 1;
      waiter.onPlace(waiter.place);
    }
  }
}

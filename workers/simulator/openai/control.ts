import type { Behaviour } from "@/workers/simulator/openai/behaviour";
import type { RecordedRequest } from "@/workers/simulator/openai/record-request";

/**
 * The hands that a test has on a running simulator: what the next requests do, and what has happened so far. Nothing here sleeps; a test
 * waits with `until`, which looks again whenever a request moves.
 */
export type Matcher = (request: RecordedRequest) => boolean;

export type Counts = { started: number; completed: number; aborted: number; held: number };

const EVENTS_DEFAULT = 20;

export class SimulatorControl {
  /** `aborted` counts clients that left before the end; an end that a behaviour cut counts as neither. `held` is how many wait at a gate. */
  readonly counts: Counts = { started: 0, completed: 0, aborted: 0, held: 0 };
  private eventsPerStream = EVENTS_DEFAULT;
  private readonly queue: { behaviour: Behaviour; when: Matcher }[] = [];
  private standing: { behaviour: Behaviour; when: Matcher } | null = null;
  private readonly gate = new Set<() => void>();
  private readonly watchers = new Set<() => void>();

  /** Scripts the next request that matches; calls queue up in order. */
  next(behaviour: Behaviour, when: Matcher = () => true): void {
    this.queue.push({ behaviour, when });
  }

  /** For every request that finds nothing queued, until called again; null ends it. */
  always(behaviour: Behaviour | null, when: Matcher = () => true): void {
    this.standing = behaviour === null ? null : { behaviour, when };
  }

  /** How many events a stream of one plain message has. */
  pace(events: number): void {
    this.eventsPerStream = events;
  }

  get events(): number {
    return this.eventsPerStream;
  }

  /** Lets those that wait at a gate take one step; the first `count` of them, in order of arrival. */
  release(count = Number.POSITIVE_INFINITY): void {
    let left = count;
    for (const open of this.gate) {
      if (left-- <= 0) return;
      open();
    }
  }

  /** Resolves once `condition` holds, looking again at every change. */
  async until(condition: (counts: Counts) => boolean): Promise<void> {
    while (!condition(this.counts)) {
      await new Promise<void>((look) => this.watchers.add(look));
    }
  }

  take(request: RecordedRequest): Behaviour | null {
    const index = this.queue.findIndex((entry) => entry.when(request));
    if (index >= 0) return this.queue.splice(index, 1)[0]?.behaviour ?? null;
    return this.standing?.when(request) ? this.standing.behaviour : null;
  }

  /** Waits for `release`, or for the client to leave. */
  async passGate(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const open = (): void => {
        this.gate.delete(open);
        signal.removeEventListener("abort", open);
        this.count("held", -1);
        resolve();
      };
      this.gate.add(open);
      signal.addEventListener("abort", open);
      this.count("held", 1);
    });
  }

  count(what: keyof Counts, by = 1): void {
    this.counts[what] += by;
    const looking = [...this.watchers];
    this.watchers.clear();
    for (const look of looking) look();
  }
}

import type { Dispatcher } from "undici";
import { withTransaction } from "@/db/transaction";
import type { Runtime } from "@/lib/runtime/runtime";
import { recordFindings, type Finding } from "@/lib/status/record-findings";
import type { StatusComponent } from "@/lib/status/status-components";
import { statusProbes, type ProbeOutcome, type StatusProbe } from "@/workers/background/status-probes";

/*
 * The probes of the public status page. A loop of its own and no task of the queue: the queue is in the database, and a database that
 * is away is what must be seen. What is found meanwhile waits in memory, and is written when the database is back.
 */

const FIRST_ROUND_MS = 20_000;
const ROUND_MS = 60_000;
/** In a row: one lost packet is no incident, and one answer is no recovery. */
const STREAK = 3;
/** About a day of findings; beyond it the oldest are lost. */
const WAITING_MAX = 7_200;

type Streak = { passed: boolean; length: number; since: Date };
type Watch = Pick<Runtime, "config" | "db" | "sealer" | "clock" | "log">;

export class StatusWatch {
  readonly #rt: Watch;
  readonly #probes: readonly StatusProbe[];
  readonly #streaks = new Map<StatusComponent, Streak>();
  #waiting: Finding[] = [];
  #rounds = 0;

  constructor(rt: Watch, dispatcher: Dispatcher) {
    this.#rt = rt;
    this.#probes = statusProbes(rt, dispatcher);
  }

  /** Probes what is due, and writes down what it can. */
  async round(): Promise<void> {
    const due = this.#probes.filter(({ everyRounds }) => this.#rounds % everyRounds === 0);
    this.#rounds += 1;
    const [database, ...others] = due;
    const isDatabaseThere = await this.#run(database!);
    await Promise.all(others.filter(({ component }) => isDatabaseThere || !needsDatabase(component)).map((probe) => this.#run(probe)));
    if (isDatabaseThere) await this.#write();
  }

  async #run({ component, run }: StatusProbe): Promise<boolean> {
    const at = this.#rt.clock.now();
    const startedMs = performance.now();
    let outcome: ProbeOutcome;
    try {
      outcome = await run();
    } catch (error) {
      // The database went away between two probes: nothing is known about this one.
      this.#rt.log.warn({ err: error, component }, "a status probe could not be made");
      return false;
    }
    if (outcome.kind === "unknown") return false;
    if (outcome.kind === "skipped") {
      this.#noteNothing(component, at);
      return false;
    }
    if (outcome.kind === "failed") this.#rt.log.warn({ component, detail: outcome.detail }, "status probe failed");
    this.#note({ component, at, passed: outcome.kind === "passed", latencyMs: performance.now() - startedMs });
    return outcome.kind === "passed";
  }

  #note(probe: { component: StatusComponent; at: Date; passed: boolean; latencyMs: number }): void {
    const { component, at, passed } = probe;
    const before = this.#streaks.get(component);
    const streak = before?.passed === passed ? { ...before, length: before.length + 1 } : { passed, length: 1, since: at };
    this.#streaks.set(component, streak);
    this.#waiting.push({ kind: "probed", ...probe });
    if (streak.length === STREAK) this.#waiting.push({ kind: passed ? "up" : "down", component, at: streak.since });
    if (this.#waiting.length > WAITING_MAX) this.#waiting = this.#waiting.slice(-WAITING_MAX);
  }

  /** What is not in use any more is not down any more. */
  #noteNothing(component: StatusComponent, at: Date): void {
    const before = this.#streaks.get(component);
    if (before?.passed && before.length >= STREAK) return;
    this.#streaks.set(component, { passed: true, length: STREAK, since: at });
    this.#waiting.push({ kind: "up", component, at });
  }

  async #write(): Promise<void> {
    const findings = this.#waiting;
    this.#waiting = [];
    try {
      await withTransaction(this.#rt.db.orm, (tx) => recordFindings(tx, findings));
    } catch (error) {
      this.#waiting = [...findings, ...this.#waiting].slice(-WAITING_MAX);
      this.#rt.log.warn({ err: error, waiting: this.#waiting.length }, "what the status probes found waits to be written");
    }
  }
}

/** A round after the other; one that takes long delays the next. The first waits until `web` had time to come up. */
export function watchStatus(rt: Watch, dispatcher: Dispatcher): { stop(): Promise<void> } {
  const watch = new StatusWatch(rt, dispatcher);
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer = setTimeout(begin, FIRST_ROUND_MS);
  function begin(): void {
    running = watch.round().finally(() => {
      if (!isStopped) timer = setTimeout(begin, ROUND_MS);
    });
  }
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function needsDatabase(component: StatusComponent): boolean {
  return component === "codex" || component === "provider";
}

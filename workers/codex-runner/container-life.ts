/**
 * The states of one account's container, and when it may be started again after it failed. Pure.
 *
 *   none, stopped, failed --starting--> starting --up--> running --stopped or gone--> stopped
 *                                       starting --failed--> failed          any --wiped--> none
 *
 * A start that fails doubles the pause before the next one. So does a container that dies right after it came up: it would
 * only burn the machine. One that ran for a while and died starts again at once.
 */
export type ContainerState = "none" | "starting" | "running" | "stopped" | "failed";

export type ContainerLife = {
  state: ContainerState;
  /** In a row, without a stable run between them. */
  failures: number;
  /** Before this nobody starts it. */
  retryAtMs: number;
  sinceMs: number;
  /** For the owner: what went wrong last. */
  message: string | null;
};

export type LifeEvent =
  | { kind: "starting" }
  | { kind: "up" }
  /** Because we wanted it to. */
  | { kind: "stopped" }
  /** Because it died. */
  | { kind: "gone"; message: string }
  | { kind: "failed"; message: string }
  | { kind: "wiped" };

const PAUSE_MS_MIN = 1_000;
const PAUSE_MS_MAX = 60_000;
/** Whoever ran for this long did not fail at its start. */
const STABLE_MS = 10_000;

export function newLife(state: ContainerState, nowMs: number): ContainerLife {
  // A runner that finds a start or a failure of its predecessor tries for itself.
  const known = state === "starting" || state === "failed" ? "stopped" : state;
  return { state: known, failures: 0, retryAtMs: 0, sinceMs: nowMs, message: null };
}

export function lifeAfter(life: ContainerLife, event: LifeEvent, nowMs: number): ContainerLife {
  switch (event.kind) {
    case "starting":
      return { ...life, state: "starting", sinceMs: nowMs };
    case "up":
      return { ...life, state: "running", sinceMs: nowMs };
    case "stopped":
      return { state: "stopped", failures: 0, retryAtMs: 0, sinceMs: nowMs, message: null };
    case "wiped":
      return { state: "none", failures: 0, retryAtMs: 0, sinceMs: nowMs, message: null };
    case "gone": {
      if (life.state === "none" || life.state === "stopped") return life;
      const wasStable = life.state === "running" && nowMs - life.sinceMs >= STABLE_MS;
      if (wasStable) return { state: "stopped", failures: 0, retryAtMs: 0, sinceMs: nowMs, message: event.message };
      return fallen(life, { state: "stopped", message: event.message }, nowMs);
    }
    case "failed":
      return fallen(life, { state: "failed", message: event.message }, nowMs);
  }
}

function fallen(life: ContainerLife, fall: { state: "stopped" | "failed"; message: string }, nowMs: number): ContainerLife {
  const failures = life.failures + 1;
  // The first may be tried again at once: most often it was the machine that was restarted.
  const pauseMs = failures === 1 ? 0 : Math.min(PAUSE_MS_MIN * 2 ** (failures - 2), PAUSE_MS_MAX);
  return { ...fall, failures, retryAtMs: nowMs + pauseMs, sinceMs: nowMs };
}

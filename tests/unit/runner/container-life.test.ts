import { describe, expect, test } from "vitest";
import { type ContainerLife, type ContainerState, lifeAfter, type LifeEvent, newLife } from "@/workers/codex-runner/container-life";

const NOW_MS = 1_000_000;
const LATER_MS = NOW_MS + 60_000;
const events: readonly LifeEvent[] = [
  { kind: "starting" },
  { kind: "up" },
  { kind: "stopped" },
  { kind: "gone", message: "killed" },
  { kind: "failed", message: "no bwrap" },
  { kind: "wiped" },
];
/** What each state becomes by each of the events above, in their order. */
const table: Record<ContainerState, readonly ContainerState[]> = {
  none: ["starting", "running", "stopped", "none", "failed", "none"],
  starting: ["starting", "running", "stopped", "stopped", "failed", "none"],
  running: ["starting", "running", "stopped", "stopped", "failed", "none"],
  stopped: ["starting", "running", "stopped", "stopped", "failed", "none"],
  failed: ["starting", "running", "stopped", "stopped", "failed", "none"],
};
const lifeIn = (state: ContainerState): ContainerLife => ({ state, failures: 0, retryAtMs: 0, sinceMs: NOW_MS, message: null });

describe("the life of a container", () => {
  const cases = Object.entries(table).flatMap(([from, becomes]) =>
    events.map((event, index) => ({ from: from as ContainerState, event, to: becomes[index]! })),
  );
  test.each(cases)("$from is $to after $event.kind", ({ from, event, to }) => {
    expect(lifeAfter(lifeIn(from), event, LATER_MS).state).toBe(to);
  });

  test("each start that fails in a row doubles the pause before the next, up to a minute", () => {
    const pauses: number[] = [];
    let life = newLife("none", NOW_MS);
    for (let failure = 0; failure < 10; failure += 1) {
      life = lifeAfter(life, { kind: "failed", message: "no" }, NOW_MS);
      pauses.push(life.retryAtMs - NOW_MS);
    }
    expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("one that ran for a while and was killed starts again at once", () => {
    const life = lifeAfter({ ...lifeIn("running"), failures: 5 }, { kind: "gone", message: "killed" }, LATER_MS);
    expect(life).toMatchObject({ state: "stopped", failures: 0, retryAtMs: 0, message: "killed" });
  });

  test("one that dies as soon as it is up is held back like one that never came up", () => {
    let life = newLife("stopped", NOW_MS);
    for (let round = 0; round < 3; round += 1) {
      for (const event of [{ kind: "starting" }, { kind: "up" }, { kind: "gone", message: "out of memory" }] as const) {
        life = lifeAfter(life, event, NOW_MS);
      }
    }
    expect(life).toMatchObject({ state: "stopped", failures: 3, retryAtMs: NOW_MS + 2_000 });
  });

  test.each(["starting", "failed"] as const)("a predecessor's %s is tried again by its successor", (state) => {
    expect(newLife(state, NOW_MS)).toMatchObject({ state: "stopped", retryAtMs: 0 });
  });
});

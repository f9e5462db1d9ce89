import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TurnLine } from "@/workers/codex-runner/turn-line";

type Step = { kind: "enter"; key: number } | { kind: "leave"; pick: number } | { kind: "start" } | { kind: "resize"; runningMax: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("enter" as const), key: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("leave" as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.constant({ kind: "start" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("resize" as const), runningMax: fc.integer({ min: 1, max: 4 }) }) },
);
const bounds = fc.record({ waitingMax: fc.integer({ min: 0, max: 9 }), runningMax: fc.integer({ min: 1, max: 4 }) });

/** Plays the steps beside a model of who is where; returns every promise that was broken. */
function play(given: { waitingMax: number; runningMax: number }, steps: readonly Step[]): string[] {
  const line = new TurnLine(given);
  const broken: string[] = [];
  const check = (holds: boolean, promise: string) => {
    if (!holds) broken.push(promise);
  };
  let { runningMax } = given;
  const inside = new Set<string>();
  const running = new Set<string>();
  const startedEver = new Set<string>();
  const start = () => {
    const started = line.start();
    for (const turnId of started) {
      check(inside.has(turnId), "only who entered is started");
      check(!startedEver.has(turnId), "nobody is started twice");
      startedEver.add(turnId);
      running.add(turnId);
    }
    return started;
  };
  const leave = (turnId: string) => {
    line.leave(turnId);
    inside.delete(turnId);
    running.delete(turnId);
  };
  for (const [index, one] of steps.entries()) {
    if (one.kind === "enter") {
      if (line.enter(`turn-${index}`, `key-${one.key}`) === "entered") inside.add(`turn-${index}`);
    } else if (one.kind === "start") {
      start();
      check(running.size >= runningMax || line.waitingCount === 0, "no place stays free while somebody waits");
    } else if (one.kind === "resize") {
      ({ runningMax } = one);
      line.setRunningMax(runningMax);
    } else {
      const leaving = [...inside][one.pick % Math.max(inside.size, 1)];
      if (leaving !== undefined) leave(leaving);
    }
    const waiting = [...inside].filter((turnId) => !running.has(turnId));
    check(line.order().toSorted().join() === waiting.toSorted().join(), "the order names everybody who waits, once");
    check(line.waitingCount === waiting.length && line.runningCount === running.size, "the counts are right");
    // Into an empty line somebody may enter who has not been started yet.
    check(line.waitingCount <= Math.max(given.waitingMax, 1), "no more wait than may");
  }
  for (const turnId of running) leave(turnId);
  const told = line.order();
  const served: string[] = [];
  while (line.waitingCount > 0 && served.length <= told.length) {
    for (const turnId of start()) {
      served.push(turnId);
      leave(turnId);
    }
  }
  check(served.join() === told.join(), "everybody is served, in the order that was told");
  return broken;
}

describe("the line of one account", () => {
  test("loses nobody, serves nobody twice, and keeps both of its bounds", () => {
    fc.assert(
      fc.property(bounds, fc.array(step, { maxLength: 80 }), (given, steps) => {
        expect(play(given, steps)).toEqual([]);
      }),
    );
  });

  test("nobody of a key waits for more than one turn of each other key per own turn before it", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 40 }), (keys) => {
        const line = new TurnLine({ waitingMax: 100, runningMax: 1 });
        for (const [index, key] of keys.entries()) line.enter(`${key}:${index}`, `key-${key}`);
        const order = line.order();
        const ownBefore = (turnId: string, until: number) =>
          order.slice(0, until).filter((other) => other.split(":")[0] === turnId.split(":")[0]).length;
        for (const [place, turnId] of order.entries()) {
          const others = new Set(keys.map(String).filter((key) => key !== turnId.split(":")[0]));
          const mine = ownBefore(turnId, place);
          for (const other of others) {
            const before = order.slice(0, place).filter((one) => one.split(":")[0] === other).length;
            expect(before).toBeLessThanOrEqual(mine + 1);
          }
          const earlier = keys.slice(0, Number(turnId.split(":")[1])).filter((key) => String(key) === turnId.split(":")[0]).length;
          expect(mine).toBe(earlier);
        }
      }),
    );
  });
});

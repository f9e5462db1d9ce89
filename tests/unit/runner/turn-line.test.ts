import { describe, expect, test } from "vitest";
import { TurnLine } from "@/workers/codex-runner/turn-line";

describe("the line of one account", () => {
  test("a key that fills the line leaves room for the owner's other keys", () => {
    const line = new TurnLine({ waitingMax: 4, runningMax: 1 });
    line.enter("a0", "a");
    line.start();
    const answers = ["a1", "a2", "a3", "a4"].map((turnId) => line.enter(turnId, "a"));
    expect(answers).toEqual(["entered", "entered", "entered", "full"]);
    expect(line.enter("b1", "b")).toBe("entered");
    expect(line.order()).toEqual(["a1", "b1", "a2", "a3"]);
  });

  test("with no room to wait a turn still runs when nobody else does", () => {
    const line = new TurnLine({ waitingMax: 0, runningMax: 1 });
    expect(line.enter("a0", "a")).toBe("entered");
    expect(line.start()).toEqual(["a0"]);
    expect(line.enter("a1", "a")).toBe("full");
    line.leave("a0");
    expect(line.enter("a2", "a")).toBe("entered");
  });

  test("whoever gives up frees its place for those behind it", () => {
    const line = new TurnLine({ waitingMax: 8, runningMax: 1 });
    for (const turnId of ["a0", "a1", "a2"]) line.enter(turnId, "a");
    line.start();
    line.leave("a1");
    expect(line.order()).toEqual(["a2"]);
    line.leave("a0");
    expect(line.start()).toEqual(["a2"]);
  });

  test("fewer turns at one time let the running ones end first", () => {
    const line = new TurnLine({ waitingMax: 8, runningMax: 2 });
    for (const turnId of ["a0", "a1", "a2"]) line.enter(turnId, "a");
    expect(line.start()).toEqual(["a0", "a1"]);
    line.setRunningMax(1);
    line.leave("a0");
    expect(line.start()).toEqual([]);
    line.leave("a1");
    expect(line.start()).toEqual(["a2"]);
  });
});

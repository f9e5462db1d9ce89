import { describe, expect, test } from "vitest";
import { type Admission, TurnDoor } from "@/workers/codex-runner/turn-door";

const LONG_MS = 60_000;

function desk(bounds = { waitingMax: 8, runningMax: 1 }) {
  const door = new TurnDoor(bounds);
  const come = (turnId: string, options: { keyId?: string; queueMs?: number } = {}) => {
    const places: number[] = [];
    const hangUp = new AbortController();
    const admission: Promise<Admission> = door.enter({
      turnId,
      keyId: options.keyId ?? "a",
      queueMs: options.queueMs ?? LONG_MS,
      signal: hangUp.signal,
      onPlace: (place) => places.push(place),
    });
    return { places, hangUp, admission };
  };
  return { door, come };
}

describe("the door of an account", () => {
  test("whoever need not wait hears no place", async () => {
    const { come } = desk();
    const first = come("1");
    expect(await first.admission).toBe("in");
    expect(first.places).toEqual([]);
  });

  test("each change of place is told, and no place twice", async () => {
    const { door, come } = desk();
    come("1");
    const [second, third] = [come("2"), come("3")];
    door.leave("1");
    expect(await second.admission).toBe("in");
    expect(second.places).toEqual([1]);
    expect(third.places).toEqual([2, 1]);
    door.leave("2");
    expect(await third.admission).toBe("in");
  });

  test("whoever hangs up in line lets the next one move up at once", async () => {
    const { door, come } = desk();
    come("1");
    const [second, third] = [come("2"), come("3")];
    second.hangUp.abort();
    expect(await second.admission).toBe("left");
    expect(third.places).toEqual([2, 1]);
    expect(door.waitingCount).toBe(1);
  });

  test("whoever waits beyond its deadline is sent away and its place is free", async () => {
    const { door, come } = desk();
    come("1");
    expect(await come("2", { queueMs: 1 }).admission).toBe("late");
    expect(door.waitingCount).toBe(0);
  });

  test("a full line says so at once", async () => {
    const { come } = desk({ waitingMax: 0, runningMax: 1 });
    come("1");
    expect(await come("2").admission).toBe("full");
  });

  test("a raised number of turns lets the next one in without anybody leaving", async () => {
    const { door, come } = desk();
    come("1");
    const second = come("2");
    door.setRunningMax(2);
    expect(await second.admission).toBe("in");
  });

  test("leaving twice gives no second place away", async () => {
    const { door, come } = desk();
    come("1");
    const [second, third] = [come("2"), come("3")];
    door.leave("1");
    door.leave("1");
    expect(await second.admission).toBe("in");
    expect(third.places).toEqual([2, 1]);
    expect(door.runningCount).toBe(1);
  });
});

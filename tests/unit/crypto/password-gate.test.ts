import { expect, test } from "vitest";
import { throughPasswordGate } from "@/lib/crypto/password-gate";

test("two compute at once, twenty wait in order, the next is told to come again, and a failure frees its place", async () => {
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const enter = (name: number) =>
    throughPasswordGate(async () => {
      started.push(name);
      most = Math.max(most, (running += 1));
      await new Promise<void>((fulfil) => ends.push(fulfil));
      running -= 1;
      if (name === 0) throw new Error("no");
      return name;
    });
  const all = Promise.allSettled(Array.from({ length: 23 }, (_, name) => enter(name)));
  await expect(enter(23)).rejects.toMatchObject({ code: "rate_limited", retryAfterS: 5 });
  while (started.length < 22 || ends.length > 0) {
    ends.shift()?.();
    await Promise.resolve();
  }
  const outcomes = await all;
  expect(most).toBe(2);
  expect(started).toEqual(Array.from({ length: 22 }, (_, name) => name));
  expect(outcomes.map(({ status }) => status).filter((status) => status === "rejected")).toHaveLength(2);
  expect(await throughPasswordGate(async () => "free again")).toBe("free again");
});

import { expect, test } from "vitest";
import { Kept } from "@/app/_server/kept";

function counted() {
  let made = 0;
  return async () => `made ${(made += 1)}`;
}

test("what is kept is made once, also for those who ask while it is being made", async () => {
  const [kept, make] = [new Kept<string>(2), counted()];
  const ask = () => kept.get({ name: "page", by: "prices 1" }, make);
  expect(await Promise.all([ask(), ask()])).toEqual(["made 1", "made 1"]);
  expect(await ask()).toBe("made 1");
});

test("it is made again when what it depends on has changed, and the old one is gone", async () => {
  const [kept, make] = [new Kept<string>(2), counted()];
  for (const [by, answer] of [
    ["prices 1", "made 1"],
    ["prices 2", "made 2"],
    ["prices 1", "made 3"],
  ] as const) {
    expect(await kept.get({ name: "page", by }, make)).toBe(answer);
  }
});

test("more names than there is room for push out the oldest", async () => {
  const [kept, make] = [new Kept<string>(2), counted()];
  for (const name of ["one", "two", "three"]) await kept.get({ name, by: "" }, make);
  expect(await kept.get({ name: "three", by: "" }, make)).toBe("made 3");
  expect(await kept.get({ name: "one", by: "" }, make)).toBe("made 4");
});

test("a failure is not kept", async () => {
  const kept = new Kept<string>(2);
  await expect(kept.get({ name: "page", by: "" }, () => Promise.reject(new Error("no database")))).rejects.toThrow("no database");
  expect(await kept.get({ name: "page", by: "" }, counted())).toBe("made 1");
});

import { expect, test } from "vitest";
import { CommitGroup } from "@/lib/wallet/commit-group";

type Flush = { items: readonly number[]; finish: (results: readonly string[]) => void; fail: (error: Error) => void };

const DATA_ERROR = new Error("refused on its merits");

/** A database that answers when the test says so. */
function openGroup() {
  const flushes: Flush[] = [];
  const arrivals: (() => void)[] = [];
  const group = new CommitGroup<number, string>({
    flush: (items) =>
      new Promise((finish, fail) => {
        flushes.push({ items, finish, fail });
        for (const arrived of arrivals.splice(0)) arrived();
      }),
    isDataError: (error) => error === DATA_ERROR,
  });
  const flushed = async (count: number) => {
    while (flushes.length < count) await new Promise<void>((resolve) => arrivals.push(resolve));
    return flushes[count - 1]!;
  };
  return { group, flushes, flushed };
}

const answers = (flush: Flush) => flush.finish(flush.items.map((item) => `done ${item}`));

test("calls of one turn go out together, and each gets its own answer", async () => {
  const { group, flushed } = openGroup();
  const calls = Promise.all([1, 2, 3].map((item) => group.submit(item)));
  const first = await flushed(1);
  expect(first.items).toEqual([1, 2, 3]);
  answers(first);
  expect(await calls).toEqual(["done 1", "done 2", "done 3"]);
});

test("what comes while a flush is under way goes out with the next one", async () => {
  const { group, flushed } = openGroup();
  const lone = group.submit(1);
  const first = await flushed(1);
  const later = Promise.all([group.submit(2), group.submit(3)]);
  answers(first);
  expect(await lone).toBe("done 1");
  const second = await flushed(2);
  expect(second.items).toEqual([2, 3]);
  answers(second);
  expect(await later).toEqual(["done 2", "done 3"]);
});

test("a full group does not wait for the one before it", async () => {
  const { group, flushed } = openGroup();
  const lone = group.submit(0);
  const first = await flushed(1);
  const full = Promise.all(Array.from({ length: 64 }, (_, index) => group.submit(index + 1)));
  const second = await flushed(2);
  expect(second.items).toHaveLength(64);
  answers(second);
  expect(await full).toHaveLength(64);
  answers(first);
  expect(await lone).toBe("done 0");
});

test("a flush that hangs holds up nobody who came after it", async () => {
  const { group, flushed } = openGroup();
  const stuck = group.submit(1);
  const first = await flushed(1);
  const next = group.submit(2);
  const second = await flushed(2);
  expect(second.items).toEqual([2]);
  answers(second);
  expect(await next).toBe("done 2");
  answers(first);
  expect(await stuck).toBe("done 1");
});

test("one item that the database refuses is found, and the others are written", async () => {
  const written: number[][] = [];
  const group = new CommitGroup<number, string>({
    flush: async (items) => {
      if (items.includes(5)) throw DATA_ERROR;
      written.push([...items]);
      return items.map(String);
    },
    isDataError: (error) => error === DATA_ERROR,
  });
  const fates = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => group.submit(index)));
  expect(fates.map((fate) => fate.status)).toEqual(Array.from({ length: 8 }, (_, index) => (index === 5 ? "rejected" : "fulfilled")));
  expect(written.flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 6, 7]);
});

test("an error that is nobody's fault rejects the whole group, and the next one goes out", async () => {
  const { group, flushed } = openGroup();
  const calls = Promise.allSettled([group.submit(1), group.submit(2)]);
  (await flushed(1)).fail(new Error("the database is away"));
  expect((await calls).map((fate) => fate.status)).toEqual(["rejected", "rejected"]);
  const next = group.submit(3);
  answers(await flushed(2));
  expect(await next).toBe("done 3");
});

import { expect, test } from "vitest";
import { type Lease, LeaseBook } from "@/workers/egress-proxy/lease-book";

const IDENTITY = { accountId: "acct_1", fence: 3 };
const LEASE_MS = 15_000;

function openBook() {
  const world = { nowMs: 0, lease: { fence: 3, isLive: true } as Lease | null, isAway: false, asked: 0 };
  const book = new LeaseBook({
    read: async (ids) => {
      world.asked += 1;
      if (world.isAway) throw new Error("away");
      return new Map(world.lease ? ids.map((id) => [id, world.lease!]) : []);
    },
    leaseMs: LEASE_MS,
    nowMs: () => world.nowMs,
  });
  return { world, book };
}

test.each<[string, Lease | null]>([
  ["another fence", { fence: 4, isLive: true }],
  ["an older fence", { fence: 2, isLive: true }],
  ["a lease that is over", { fence: 3, isLive: false }],
  ["no such account", null],
])("%s admits nobody", async (_what, lease) => {
  const { world, book } = openBook();
  world.lease = lease;
  expect(await book.admits(IDENTITY)).toBe(false);
  expect(book.mayStay(IDENTITY)).toBe(false);
});

test("one answer serves all connections of a second, and no longer", async () => {
  const { world, book } = openBook();
  expect(await Promise.all([book.admits(IDENTITY), book.admits(IDENTITY)])).toEqual([true, true]);
  world.nowMs = 900;
  expect(await book.admits(IDENTITY)).toBe(true);
  expect(world.asked).toBe(1);
  world.nowMs = 1_100;
  world.lease = { fence: 4, isLive: true };
  expect(await book.admits(IDENTITY)).toBe(false);
  expect(world.asked).toBe(2);
});

test("an answer that takes its time still admits who has waited for it", async () => {
  const { world, book } = openBook();
  const admitted = book.admits(IDENTITY);
  world.nowMs = 2_500;
  expect(await admitted).toBe(true);
});

test("a successor does not wait for what is known of its predecessor to grow old", async () => {
  const { world, book } = openBook();
  expect(await book.admits(IDENTITY)).toBe(true);
  world.lease = { fence: 4, isLive: true };
  expect(await book.admits({ ...IDENTITY, fence: 4 })).toBe(true);
  expect(book.mayStay(IDENTITY)).toBe(false);
});

test("without a database nobody new is admitted, and what is open lives as long as a lease", async () => {
  const { world, book } = openBook();
  expect(await book.admits(IDENTITY)).toBe(true);
  world.isAway = true;
  world.nowMs = 2_000;
  expect(await book.admits(IDENTITY)).toBe(false);
  await book.refresh(new Set([IDENTITY.accountId]));
  expect(book.mayStay(IDENTITY)).toBe(true);
  world.nowMs = LEASE_MS - 1;
  expect(book.mayStay(IDENTITY)).toBe(true);
  world.nowMs = LEASE_MS;
  expect(book.mayStay(IDENTITY)).toBe(false);
});

test("a lease that ends while the database answers ends what is open", async () => {
  const { world, book } = openBook();
  expect(await book.admits(IDENTITY)).toBe(true);
  world.lease = { fence: 3, isLive: false };
  world.nowMs = 1_000;
  await book.refresh(new Set([IDENTITY.accountId]));
  expect(book.mayStay(IDENTITY)).toBe(false);
});

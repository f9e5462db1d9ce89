import { expect, test } from "vitest";
import { SignInLimiter } from "@/lib/users/sign-in-limiter";

const never = async () => false;
const always = async () => true;

/** How many of these tries at many names go through. */
async function passed(limiter: SignInLimiter, addresses: readonly string[]): Promise<number> {
  const waits = await Promise.all(addresses.map((address, i) => limiter.count({ name: `name-${i}`, address }, never)));
  return waits.filter((wait) => wait === null).length;
}

test("one address that tries many names is stopped, and its neighbour is not", async () => {
  const limiter = new SignInLimiter();
  expect(await passed(limiter, Array<string>(120).fill("203.0.113.9"))).toBe(100);
  expect(await passed(limiter, ["203.0.113.10"])).toBe(1);
});

test("the addresses of one /64 are one client, those of another are not", async () => {
  const limiter = new SignInLimiter();
  expect(
    await passed(
      limiter,
      Array.from({ length: 120 }, (_, i) => `2001:db8:1:2:${i.toString(16)}::${i}`),
    ),
  ).toBe(100);
  expect(await passed(limiter, ["2001:db8:1:3::1"])).toBe(1);
});

test("one client gets ten wrong tries at one name, which leave the name open to everybody else", async () => {
  const limiter = new SignInLimiter();
  const guess = (i: number) => limiter.count({ name: i % 2 ? "Admin" : "admin", address: `2001:db8:1:2::${i}` }, never);
  const waits = await Promise.all(Array.from({ length: 200 }, (_, i) => guess(i)));
  expect(waits.filter((wait) => wait === null)).toHaveLength(10);
  expect(await limiter.count({ name: "admin", address: "203.0.113.1" }, never)).toBeNull();
});

test("the tries of a name that many addresses used up bind only addresses that never signed in to it", async () => {
  const limiter = new SignInLimiter();
  for (let i = 0; i < 100; i += 1) expect(await limiter.count({ name: "admin", address: `198.51.100.${i}` }, never)).toBeNull();
  expect(await limiter.count({ name: "admin", address: "203.0.113.1" }, never)).toBeGreaterThan(0);
  expect(await limiter.count({ name: "admin", address: "203.0.113.2" }, always)).toBeNull();
});

test("an address that many people may share, as behind a proxy, has ten times the tries", async () => {
  const limiter = new SignInLimiter();
  expect(await passed(limiter, Array<string>(1_100).fill("127.0.0.1"))).toBe(1_000);
  const other = new SignInLimiter();
  const waits = await Promise.all(Array.from({ length: 90 }, () => other.count({ name: "admin", address: "10.0.0.7" }, never)));
  expect(waits.every((wait) => wait === null)).toBe(true);
});

test("right tries are forgiven", async () => {
  const limiter = new SignInLimiter();
  for (let i = 0; i < 30; i += 1) {
    const attempt = { name: "admin", address: "203.0.113.1" };
    expect(await limiter.count(attempt, never)).toBeNull();
    await limiter.forgive(attempt);
  }
});

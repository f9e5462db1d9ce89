import { expect, test } from "vitest";
import { ActLimiter } from "@/lib/users/act-limiter";

async function passed(count: number, ask: (i: number) => Promise<number | null>): Promise<number> {
  const waits = await Promise.all(Array.from({ length: count }, (_, i) => ask(i)));
  return waits.filter((wait) => wait === null).length;
}

test("a mailbox gets four mails an hour, in whatever case it is typed and from wherever it is asked", async () => {
  const limiter = new ActLimiter();
  const ask = (i: number) => limiter.count("mail", { address: `203.0.113.${i}`, subject: i % 2 ? "Ada@Example.com" : " ada@example.com" });
  expect(await passed(20, ask)).toBe(4);
  expect(await ask(30)).toBeGreaterThan(0);
  expect(await limiter.count("mail", { address: "203.0.113.1", subject: "grace@example.com" })).toBeNull();
});

test("a mailbox that got all the mails it may get still gets links for a new password", async () => {
  const limiter = new ActLimiter();
  const doer = { address: null, subject: "ada@example.com" };
  expect(await passed(20, () => limiter.count("mail", doer))).toBe(4);
  expect(await passed(20, () => limiter.count("reset_mail", doer))).toBe(4);
});

test("a network signs up twenty times an hour; its neighbour, and one that many people share, are not bound by it", async () => {
  const limiter = new ActLimiter();
  const ask = (address: string) => () => limiter.count("sign_up", { address, subject: "" });
  expect(await passed(50, ask("203.0.113.9"))).toBe(20);
  expect(await passed(1, ask("203.0.113.10"))).toBe(1);
  expect(await passed(250, ask("10.0.0.1"))).toBe(200);
});

test("a user has eight tries at a code, wherever they come from, and right ones do not count", async () => {
  const limiter = new ActLimiter();
  const doer = (i: number) => ({ address: `198.51.100.${i}`, subject: "usr_1" });
  for (let i = 0; i < 50; i += 1) {
    expect(await limiter.count("code", doer(i))).toBeNull();
    await limiter.forgive("code", doer(i));
  }
  expect(await passed(20, (i) => limiter.count("code", doer(i)))).toBe(8);
  expect(await limiter.count("code", { address: null, subject: "usr_2" })).toBeNull();
});

test("codes that strangers use up leave eight to whoever is known, and all of them once they are cleared; recovery codes are apart", async () => {
  const limiter = new ActLimiter();
  const stranger = (i: number) => ({ address: `198.51.100.${i}`, subject: "usr_1" });
  const home = { address: "203.0.113.7", subject: "usr_1" };
  const [known, unknown] = [async () => true, async () => false];
  expect(await passed(20, (i) => limiter.count("code", stranger(i), unknown))).toBe(8);
  expect(await limiter.count("code", { ...home, address: "192.0.2.1" }, unknown)).toBeGreaterThan(0);
  expect(await passed(20, () => limiter.count("code", home, known))).toBe(8);
  expect(await limiter.count("recovery_code", stranger(1))).toBeNull();
  await limiter.clear("code", home);
  expect(await limiter.count("code", home, unknown)).toBeNull();
});

test("a user has one password checked at a time, and is free again when it failed", async () => {
  const limiter = new ActLimiter();
  let fail = (_error: Error) => {};
  const first = limiter.alone("usr_1", () => new Promise<void>((_fulfil, reject) => (fail = reject)));
  await expect(limiter.alone("usr_1", async () => "second")).rejects.toMatchObject({ code: "rate_limited" });
  expect(await limiter.alone("usr_2", async () => "another user")).toBe("another user");
  fail(new Error("no"));
  await expect(first).rejects.toThrow("no");
  expect(await limiter.alone("usr_1", async () => "third")).toBe("third");
});

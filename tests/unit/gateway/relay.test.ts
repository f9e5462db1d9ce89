import { expect, test } from "vitest";
import { Relay } from "@/lib/gateway/relay";

async function readAll(relay: Relay): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of relay.read()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("a reader that comes later gets every byte from the first", async () => {
  const relay = new Relay();
  void relay.write(Buffer.from("one "));
  const early = readAll(relay);
  void relay.write(Buffer.from("two "));
  relay.end();
  expect([await early, await readAll(relay)]).toEqual(["one two ", "one two "]);
});

test("what is not kept for a second reader is still kept for the first, however late it comes", async () => {
  const relay = new Relay();
  relay.dropReplay();
  void relay.write(Buffer.from("before the reader "));
  const reading = readAll(relay);
  void relay.write(Buffer.from("and after it"));
  relay.end();
  expect(await reading).toBe("before the reader and after it");
});

test("a slow reader makes the writer wait, and one that leaves lets it go on", async () => {
  const relay = new Relay();
  const reader = relay.read();
  void relay.write(Buffer.alloc(1));
  await reader.next();
  let room = 0;
  const wait = Promise.resolve(relay.write(Buffer.alloc(2 * 1024 * 1024))).then(() => (room = 1));
  await Promise.resolve();
  expect(room).toBe(0);
  await reader.return();
  await wait;
  expect(room).toBe(1);
});

test("two that write at once are both let go on when the reader has caught up", async () => {
  const relay = new Relay();
  const reader = relay.read();
  void relay.write(Buffer.alloc(1));
  await reader.next();
  const first = relay.write(Buffer.alloc(2 * 1024 * 1024));
  const second = relay.write(Buffer.alloc(1));
  expect(relay.isBacklogged).toBe(true);
  await reader.next();
  await reader.next();
  await Promise.all([first, second]);
  expect(relay.isBacklogged).toBe(false);
});

test("a writer that waits for a reader who never reads is freed when the generation is given up", async () => {
  const relay = new Relay();
  const reader = relay.read();
  void relay.write(Buffer.alloc(1));
  await reader.next();
  const waiting = relay.write(Buffer.alloc(2 * 1024 * 1024));
  relay.stopWaiting();
  await waiting;
  expect(relay.write(Buffer.alloc(2 * 1024 * 1024))).toBeUndefined();
});

test("a fork tells what was told so far, and goes its own way from there", async () => {
  const relay = new Relay();
  void relay.write(Buffer.from("so far "));
  const fork = relay.fork();
  void relay.write(Buffer.from("an error"));
  void fork?.write(Buffer.from("the answer"));
  relay.end();
  fork?.end();
  expect([await readAll(relay), fork && (await readAll(fork))]).toEqual(["so far an error", "so far the answer"]);
});

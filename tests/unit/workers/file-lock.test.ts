import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { fileLockOwner, tryFileLock, waitForFileLock } from "@/workers/shared/file-lock";
import { processBirth } from "@/workers/shared/process-table";

function take(file: string) {
  const attempt = tryFileLock(file);
  if (!("lock" in attempt)) throw new Error(`held by ${attempt.owner.pid}`);
  return attempt.lock;
}

test("a lock has one owner, and is free again after its release", () => {
  const file = path.join(temporaryFolder(), "lock");
  const lock = take(file);
  expect(tryFileLock(file)).toEqual({ owner: { pid: process.pid, birth: processBirth(process.pid) } });
  expect(fileLockOwner(file)?.pid).toBe(process.pid);
  lock.release();
  expect(fileLockOwner(file)).toBeNull();
  take(file).release();
});

test("the lock of a dead process is taken over, and leaves nothing behind", () => {
  const folder = temporaryFolder();
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  writeFileSync(path.join(folder, "lock"), JSON.stringify({ pid: dead, birth: "1" }));
  take(path.join(folder, "lock")).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("a recycled process number does not keep a lock alive", () => {
  const file = path.join(temporaryFolder(), "lock");
  writeFileSync(file, JSON.stringify({ pid: process.pid, birth: "another birth" }));
  take(file).release();
});

test("a lock file that was damaged is taken over", () => {
  const file = path.join(temporaryFolder(), "lock");
  writeFileSync(file, "{");
  take(file).release();
});

test("releasing twice does not release the next owner's lock", () => {
  const file = path.join(temporaryFolder(), "lock");
  const first = take(file);
  first.release();
  take(file);
  first.release();
  expect(existsSync(file)).toBe(true);
});

test("who waits gets the lock when it is released, or an error that names the owner", async () => {
  const file = path.join(temporaryFolder(), "lock");
  const first = take(file);
  await expect(waitForFileLock(file, 0)).rejects.toThrow(`held by process ${process.pid}`);
  const waiting = waitForFileLock(file, 10_000);
  first.release();
  (await waiting).release();
});

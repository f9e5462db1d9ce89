import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive, processBirth } from "@/workers/shared/process-table";

export type FileLock = { release(): void };
export type LockOwner = { pid: number; birth: string };

const POLL_MS = 50;

/** Takes the lock, or tells who has it. A lock whose owner is dead is taken over. */
export function tryFileLock(path: string): { lock: FileLock } | { owner: LockOwner } {
  const mine = JSON.stringify({ pid: process.pid, birth: processBirth(process.pid), nonce: randomUUID() });
  for (;;) {
    if (createLock(path, mine)) return { lock: { release: () => releaseLock(path, mine) } };
    const found = readLock(path);
    if (found === null) continue;
    const owner = parseOwner(found);
    if (owner && isOwnerAlive(owner)) return { owner };
    removeStaleLock(path, found);
  }
}

/** Who has the lock, without touching it. */
export function fileLockOwner(path: string): LockOwner | null {
  const owner = parseOwner(readLock(path) ?? "");
  return owner && isOwnerAlive(owner) ? owner : null;
}

export async function waitForFileLock(path: string, timeoutMs: number): Promise<FileLock> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const attempt = tryFileLock(path);
    if ("lock" in attempt) return attempt.lock;
    if (Date.now() > deadline) throw new Error(`${path} is held by process ${attempt.owner.pid}`);
    await sleep(POLL_MS);
  }
}

function createLock(path: string, content: string): boolean {
  // Written aside and linked, so that nobody ever reads a half-written lock.
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function parseOwner(text: string): LockOwner | null {
  try {
    const value = JSON.parse(text) as Partial<LockOwner>;
    return typeof value.pid === "number" && typeof value.birth === "string" ? { pid: value.pid, birth: value.birth } : null;
  } catch {
    return null;
  }
}

function isOwnerAlive(owner: LockOwner): boolean {
  return isProcessAlive(owner.pid) && processBirth(owner.pid) === owner.birth;
}

/** Moves the lock aside first: when another process took it over in between, what we moved is theirs and goes back. */
function removeStaleLock(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readLock(aside) !== stale) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function releaseLock(path: string, mine: string): void {
  if (readLock(path) === mine) rmSync(path, { force: true });
}

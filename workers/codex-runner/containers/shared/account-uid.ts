import { lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { accountFolders, homesFolder } from "@/workers/codex-runner/containers/shared/account-folders";
import { makeHome } from "@/workers/codex-runner/containers/shared/account-home";
import { waitForFileLock } from "@/workers/shared/file-lock";

/**
 * Numbers that belong to nobody else: the first range is one that systemd's list of ranges leaves free; the second is for a
 * container in which only the first 65,536 exist.
 */
const RANGES = [
  { first: 1_900_000_000, count: 100_000 },
  { first: 50_000, count: 10_000 },
] as const;
const LOCK_MS_MAX = 10_000;

/** True where this process may become any of them. */
export function canGiveUids(): boolean {
  return process.getuid?.() === 0 && mappedRange() !== null;
}

/**
 * The user of one account's container, made with its home. The owner of the home is the record of it: as long as there is a home,
 * nobody else gets its number. Null: we cannot become anybody else, and all containers run as our own user.
 */
export async function giveUid(dataDir: string, accountId: string): Promise<number | null> {
  const folders = accountFolders(dataDir, accountId);
  const range = canGiveUids() ? mappedRange() : null;
  if (range === null) {
    makeHome(folders, null);
    return null;
  }
  mkdirSync(homesFolder(dataDir), { recursive: true, mode: 0o700 });
  const lock = await waitForFileLock(path.join(homesFolder(dataDir), ".uids.lock"), LOCK_MS_MAX);
  try {
    const owners = new Map(readdirSync(homesFolder(dataDir)).map((name) => [name, lstatSync(path.join(homesFolder(dataDir), name)).uid]));
    const own = owners.get(accountId);
    const isInRange = (uid: number) => uid >= range.first && uid < range.first + range.count;
    const uid = own !== undefined && isInRange(own) ? own : firstFree(range, new Set(owners.values()));
    makeHome(folders, uid);
    return uid;
  } finally {
    lock.release();
  }
}

function firstFree(range: { first: number; count: number }, taken: ReadonlySet<number>): number {
  for (let uid = range.first; uid < range.first + range.count; uid += 1) if (!taken.has(uid)) return uid;
  throw new Error(`This machine holds ${range.count} homes: there is no user number left.`);
}

/** In a user namespace only some numbers exist. Null: none of the ranges does. */
function mappedRange(): { first: number; count: number } | null {
  const extents = readFileSync("/proc/self/uid_map", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const isMapped = ({ first, count }: { first: number; count: number }) =>
    extents.some(([start = 0, , length = 0]) => start <= first && first + count <= start + length);
  return RANGES.find(isMapped) ?? null;
}

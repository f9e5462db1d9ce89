import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import path from "node:path";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import type { AccountFolders } from "@/workers/codex-runner/containers/shared/account-folders";

/*
 * The home of an account: CODEX_HOME, where Codex keeps its sign-in. What lies in it was written by what runs in the container, so
 * nothing in it is ever read here, and nothing is written through a name in it: files arrive by rename.
 */

/** Codex's log of its own doings: it grows with every turn, and Codex makes it anew when it is not there. */
const LOG_DATABASE = ["logs_2.sqlite", "logs_2.sqlite-wal", "logs_2.sqlite-shm"];
const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;
/** A disk with less than this is full: SQLite and a fresh sign-in need some. */
const DISK_FREE_BYTES_MIN = 64 * 1024 * 1024;
const ENTRIES_MAX = 100_000;
const MIB = 1024 * 1024;

/** `uid` null: our own. */
export function makeHome(folders: AccountFolders, uid: number | null): void {
  mkdirSync(folders.home, { recursive: true, mode: 0o700 });
  chmodSync(folders.home, 0o700);
  if (uid !== null && lstatSync(folders.home).uid !== uid) chownTree(folders.home, uid);
}

export type HomeFile = { name: string; content: string };

/** Of a container that does not run. */
export function writeHomeFiles(folders: AccountFolders, files: readonly HomeFile[], uid: number | null): void {
  for (const { name, content } of files) {
    if (!FILE_NAME.test(name) || name === "auth.json") throw new Error(`${name} is no file that may be written into a home`);
    const draft = path.join(folders.run, `draft-${randomUUID()}`);
    writeFileSync(draft, content, { mode: 0o600, flag: "wx" });
    if (uid !== null) chownSync(draft, uid, uid);
    renameSync(draft, path.join(folders.home, name));
  }
}

/**
 * Makes room in the home of a container that does not run, where only Codex's log database may go. Throws `no_space` when the
 * disk or the home is full nevertheless.
 */
export async function requireSpace(folders: AccountFolders, homeMiB: number): Promise<void> {
  const bytesMax = homeMiB * MIB;
  if ((await measureFolder(folders.home)) > bytesMax) {
    for (const name of LOG_DATABASE) rmSync(path.join(folders.home, name), { force: true });
    const bytes = await measureFolder(folders.home);
    if (bytes > bytesMax) {
      throw new ContainerError("no_space", `Its home holds ${Math.ceil(bytes / MIB)} MiB and may hold ${homeMiB}.`);
    }
  }
  const { bavail, bsize } = statfsSync(folders.home);
  if (bavail * bsize < DISK_FREE_BYTES_MIN) {
    throw new ContainerError("no_space", `The disk of the homes has less than ${DISK_FREE_BYTES_MIN / MIB} MiB left.`);
  }
}

/** Bytes, without following links; a folder of more files than we count is as large as what we counted. */
export async function measureFolder(folder: string): Promise<number> {
  let bytes = 0;
  let entries = 0;
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const listing = await opendir(next).catch(() => null);
    if (listing === null) continue;
    for await (const entry of listing) {
      entries += 1;
      if (entries > ENTRIES_MAX) return bytes;
      const file = path.join(next, entry.name);
      if (entry.isDirectory()) open.push(file);
      // What Codex has removed meanwhile takes no space.
      else
        bytes += await lstat(file).then(
          (stat) => stat.size,
          () => 0,
        );
    }
  }
  return bytes;
}

function chownTree(folder: string, uid: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) chownTree(file, uid);
    else lchownSync(file, uid, uid);
  }
  chownSync(folder, uid, uid);
}

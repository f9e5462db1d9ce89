import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";

export type SocketPlace = {
  folder: string;
  name: string;
  /** Whose folder and socket it must be; null: whoever we gave the folder to. */
  uid: number | null;
};

/** Linux: the file itself, without opening what it leads to. Node has no name for it. */
const O_PATH = 0o10000000;
const OTHERS_MAY_WRITE = 0o022;

/**
 * Connects to the socket of an app-server. What lies in its folder is the container's to change at any moment, and whoever runs us may
 * reach more than the container: so it must be a socket of the container's user, and what was looked at is what is connected to. It may
 * fail at once or later.
 */
export function connectSocket(place: SocketPlace): Promise<Socket> {
  return process.platform === "linux" ? connectByDescriptor(place) : connectByPath(place);
}

/** Through descriptors: what is renamed meanwhile changes nothing, and a path may be longer than that of a socket. */
async function connectByDescriptor(place: SocketPlace): Promise<Socket> {
  const handle = await openSocketFile(place);
  // Nothing is waited for from here on: whoever is given the socket must be the first to hear its errors.
  const socket = connect(`/proc/self/fd/${handle.fd}`);
  const close = () => void handle.close().catch(() => undefined);
  socket.once("connect", close);
  socket.once("close", close);
  return socket;
}

async function openSocketFile({ folder, name, uid }: SocketPlace): Promise<FileHandle> {
  const folderHandle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(refuseOther);
  try {
    const owner = checkFolder(await folderHandle.stat(), uid);
    const handle = await open(path.join(`/proc/self/fd/${folderHandle.fd}`, name), O_PATH | constants.O_NOFOLLOW);
    try {
      checkSocket(await handle.stat(), owner);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  } finally {
    await folderHandle.close();
  }
}

/** Elsewhere there is one driver, and what it runs is our own user anyway. */
async function connectByPath({ folder, name, uid }: SocketPlace): Promise<Socket> {
  const owner = checkFolder(await lstat(folder), uid);
  const file = path.join(folder, name);
  checkSocket(await lstat(file), owner);
  return connect(file);
}

function checkFolder(stat: Stats, uid: number | null): number {
  const isTheirs = uid === null || stat.uid === uid;
  if (!stat.isDirectory() || !isTheirs || (stat.mode & OTHERS_MAY_WRITE) !== 0) throw notTheirs("folder");
  return stat.uid;
}

function checkSocket(stat: Stats, owner: number): void {
  if (!stat.isSocket() || stat.uid !== owner) throw notTheirs("socket");
}

function refuseOther(error: NodeJS.ErrnoException): never {
  throw error.code === "ELOOP" || error.code === "ENOTDIR" ? notTheirs("folder", error) : error;
}

function notTheirs(what: "folder" | "socket", cause?: unknown): ContainerError {
  const message = `What lies in the place of Codex's ${what} is no ${what} of its user: it is not connected to.`;
  return new ContainerError("failed", message, { cause });
}

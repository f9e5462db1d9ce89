import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, type Stats } from "node:fs";
import path from "node:path";
import { z } from "zod";

/*
 * What the processes of one machine say to its egress proxy: HTTP over a unix socket that only their user can reach.
 *
 *   GET    /                    200 EgressStatus
 *   PUT    /doors/{accountId}   DoorRequest: opens the account's way out in the network namespace of that process, or gives the
 *                               open one its new fence. 200 · 409 a newer fence has the door · 422 the namespace cannot be entered
 *   DELETE /doors/{accountId}   200, also when there is none
 *   GET    /doors               200 {doors: EgressIdentity[]}
 */

/** Where a door listens inside of its network namespace. */
export const DOOR_HOST = "127.0.0.1";
export const DOOR_PORT = 3128;
export const DOOR_URL = `http://${DOOR_HOST}:${DOOR_PORT}`;

export const doorRequest = z.object({ fence: z.int().min(0), pid: z.int().min(2) });
export type DoorRequest = z.infer<typeof doorRequest>;

export const egressStatus = z.object({ tcpPort: z.int() });
export type EgressStatus = z.infer<typeof egressStatus>;

/** The shortest bound of the systems that we run on, in bytes, with the final zero. */
const SOCKET_PATH_MAX = 104;
const OTHERS_MAY = 0o077;

export function egressFolder(dataDir: string): string {
  return path.join(dataDir, "codex", "egress");
}

/** In the data folder, or where that is too deep for a socket, in a short folder of this user that is named after it. */
export function egressControlPath(dataDir: string): string {
  const inside = path.join(egressFolder(dataDir), "control.sock");
  if (Buffer.byteLength(inside) < SOCKET_PATH_MAX) return inside;
  const hash = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  return path.join("/tmp", `switchyard-${process.getuid?.() ?? 0}-${hash}`, "control.sock");
}

/** Somebody else could be behind the socket. */
export class ForeignControl extends Error {}

/** Nobody else may be behind the socket: in a folder for everybody, somebody may have made ours first. */
export function makeControlFolder(controlPath: string): void {
  const folder = path.dirname(controlPath);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  requireOwnFolder(folder);
  chmodSync(folder, 0o700);
}

/** The same for whoever is about to connect. What is not there yet is told as the system tells it: `ENOENT`. */
export function requireOwnControl(controlPath: string): void {
  const folder = path.dirname(controlPath);
  const { mode } = requireOwnFolder(folder);
  if ((mode & OTHERS_MAY) !== 0) throw new ForeignControl(`${folder} is open to others`);
  const stat = lstatSync(controlPath);
  if (!stat.isSocket() || stat.uid !== process.getuid?.()) throw new ForeignControl(`${controlPath} is no socket of this user`);
}

function requireOwnFolder(folder: string): Stats {
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) throw new ForeignControl(`${folder} belongs to somebody else`);
  return stat;
}

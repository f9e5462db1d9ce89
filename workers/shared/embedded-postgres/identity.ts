import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, lchownSync, lstatSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { OperatorError } from "@/workers/shared/operator-error";

/**
 * Postgres refuses to run as root, and root is what many containers and small servers give us.
 * `self`: we are not root. `namespace`: root, seen as user 1000 from inside a user namespace, so that files stay root's
 * and a 0700 folder stays closed. `user`: root without user namespaces; the server runs as that user, who owns the database folder.
 */
export type ServerIdentity = { kind: "self" } | { kind: "namespace" } | { kind: "user"; uid: number; gid: number };

export type ServerCommand = { file: string; args: string[]; uid?: number; gid?: number };

const run = promisify(execFile);
const NAMESPACE_ARGS = ["-U", "--map-user=1000", "--map-group=1000"];
const PROBE_TIMEOUT_MS = 10_000;

export async function chooseIdentity(clusterFolder: string): Promise<ServerIdentity> {
  if (process.geteuid?.() !== 0) return { kind: "self" };
  const owner = existsSync(clusterFolder) ? statSync(clusterFolder) : null;
  if (owner && owner.uid !== 0) return { kind: "user", uid: owner.uid, gid: owner.gid };
  if (await canMakeNamespace()) return { kind: "namespace" };
  return unprivilegedUser();
}

export function commandAs(identity: ServerIdentity, file: string, args: string[]): ServerCommand {
  switch (identity.kind) {
    case "self":
      return { file, args };
    case "namespace":
      return { file: "unshare", args: [...NAMESPACE_ARGS, file, ...args] };
    case "user":
      return { file, args, uid: identity.uid, gid: identity.gid };
  }
}

/** Gives the server's user what it must read and own. Returns the folder of binaries that it can run. */
export async function prepareFor(identity: ServerIdentity, folders: { native: string; data: string; cluster: string }): Promise<string> {
  if (identity.kind !== "user") return folders.native;
  // Passing through is all that the server's user may do here; every secret in this folder is a 0600 file of root's.
  chmodSync(folders.data, 0o711);
  if (!(await canReach(identity, folders.data))) {
    throw new OperatorError(
      `Postgres does not run as root, and user ${identity.uid} cannot reach ${folders.data}. ` +
        "Start Switchyard as an ordinary user, or set SWITCHYARD_DATA_DIR to a folder outside of private home folders, or set DATABASE_URL.",
    );
  }
  if (existsSync(folders.cluster)) chownTree(folders.cluster, identity);
  if (await canReach(identity, join(folders.native, "bin", "postgres"))) return folders.native;
  const copy = join(folders.data, "postgres-binaries");
  cpSync(folders.native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/**
 * A folder is given away after all that is in it. So one that is the owner's already is complete, and is left alone: there the
 * owner could swap what we look at for a link to somebody else's files. Links themselves are never followed.
 */
export function chownTree(path: string, owner: { uid: number; gid: number }): void {
  const stat = lstatSync(path);
  if (stat.uid === owner.uid && stat.gid === owner.gid) return;
  if (stat.isDirectory()) for (const name of readdirSync(path)) chownTree(join(path, name), owner);
  lchownSync(path, owner.uid, owner.gid);
}

async function canMakeNamespace(): Promise<boolean> {
  return succeeds(run("unshare", [...NAMESPACE_ARGS, "true"], { timeout: PROBE_TIMEOUT_MS }));
}

async function canReach(identity: { uid: number; gid: number }, target: string): Promise<boolean> {
  const options = { uid: identity.uid, gid: identity.gid, cwd: "/", timeout: PROBE_TIMEOUT_MS };
  return succeeds(run("test", ["-x", target], options));
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function unprivilegedUser(): ServerIdentity {
  const { SUDO_UID, SUDO_GID } = process.env;
  if (Number(SUDO_UID) > 0 && Number(SUDO_GID) > 0) return { kind: "user", uid: Number(SUDO_UID), gid: Number(SUDO_GID) };
  const rows = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const fields = rows.find((row) => row.startsWith(`${name}:`))?.split(":");
    if (fields) return { kind: "user", uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new OperatorError(
    "Postgres does not run as root, and this machine has no other user for it. Start Switchyard as an ordinary user, or set DATABASE_URL.",
  );
}

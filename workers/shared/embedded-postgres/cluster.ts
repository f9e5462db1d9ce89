import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { chownTree, commandAs, type ServerIdentity } from "@/workers/shared/embedded-postgres/identity";
import { OperatorError } from "@/workers/shared/operator-error";

export const SUPERUSER = "postgres";
/** What the product connects as: it owns its database and nothing else of the server. */
export const OWNER = "switchyard";

/** Where one embedded database keeps its things, inside the data folder. */
export type ClusterPaths = { data: string; cluster: string; secret: string; ownerSecret: string; log: string; lock: string };

const run = promisify(execFile);
const INITDB_TIMEOUT_MS = 120_000;
const MAJOR_VERSION = "18";

export function clusterPaths(dataDir: string): ClusterPaths {
  const at = (name: string) => join(dataDir, name);
  return {
    data: dataDir,
    cluster: at("postgres"),
    secret: at("postgres.password"),
    ownerSecret: at("postgres.owner-password"),
    log: at("postgres.log"),
    lock: at("postgres.lock"),
  };
}

/** `missing` may be created; `ours` may be started. Anything else is somebody's files and is left alone. */
export function inspectCluster(paths: ClusterPaths): "missing" | "ours" {
  if (!existsSync(paths.cluster) || readdirSync(paths.cluster).length === 0) return "missing";
  const versionFile = join(paths.cluster, "PG_VERSION");
  if (!existsSync(versionFile)) {
    throw new OperatorError(
      `${paths.cluster} is not empty and is no Postgres database. Move it away, or set SWITCHYARD_DATA_DIR to another folder.`,
    );
  }
  const version = readFileSync(versionFile, "utf8").trim();
  if (version !== MAJOR_VERSION) {
    throw new OperatorError(
      `${paths.cluster} was made by Postgres ${version}; this release brings ${MAJOR_VERSION}. Set DATABASE_URL to a server that can open it.`,
    );
  }
  if (!existsSync(paths.secret)) {
    throw new OperatorError(
      `${paths.cluster} is a database, but its password file ${paths.secret} is gone. Restore that file from your backup.`,
    );
  }
  return "ours";
}

export async function createCluster(paths: ClusterPaths, native: string, identity: ServerIdentity): Promise<void> {
  // Made aside and renamed when whole: an interrupted first start leaves nothing that looks like a database.
  const draft = `${paths.cluster}.new`;
  const passwordFile = join(draft, "password");
  const draftCluster = join(draft, "cluster");
  const password = newPassword();
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (identity.kind === "user") chownTree(draft, identity);
  const command = commandAs(identity, join(native, "bin", "initdb"), [
    `--pgdata=${draftCluster}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--data-checksums",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
  ]);
  try {
    await run(command.file, command.args, { uid: command.uid, gid: command.gid, cwd: "/", env: serverEnv(), timeout: INITDB_TIMEOUT_MS });
  } catch (cause) {
    const { stderr = "" } = cause as { stderr?: string };
    throw new OperatorError(`Creating the database in ${paths.cluster} failed.\n${stderr.trim()}`, { cause });
  }
  writeFileSync(paths.secret, password, { mode: 0o600 });
  rmSync(paths.cluster, { recursive: true, force: true });
  renameSync(draftCluster, paths.cluster);
  rmSync(draft, { recursive: true, force: true });
}

export function readPassword(paths: ClusterPaths): string {
  chmodSync(paths.secret, 0o600);
  return readFileSync(paths.secret, "utf8").trim();
}

/** The server is told this password at every start, so a lost file is only made anew. */
export function readOwnerPassword(paths: ClusterPaths): string {
  if (!existsSync(paths.ownerSecret)) writeFileSync(paths.ownerSecret, newPassword(), { mode: 0o600 });
  chmodSync(paths.ownerSecret, 0o600);
  return readFileSync(paths.ownerSecret, "utf8").trim();
}

/** Letters, digits, `-` and `_`: it needs no quoting in SQL or in a URL. */
function newPassword(): string {
  return randomBytes(32).toString("base64url");
}

/** Postgres gets nothing of our environment: neither secrets nor PG* variables that would steer it. */
export function serverEnv(): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH, LC_ALL: "C", TZ: "UTC" } as unknown as NodeJS.ProcessEnv;
}

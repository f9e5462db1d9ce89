import path from "node:path";
import { migrate } from "@/db/migrate";
import { loadConfig, type ProcessConfig } from "@/lib/config/load-config";
import { hasMasterKey, prepareDataFolder, readSecrets } from "@/workers/shared/data-folder";
import { clusterPaths, inspectCluster } from "@/workers/shared/embedded-postgres/cluster";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "@/workers/shared/embedded-postgres/start-embedded-postgres";
import { fileLockOwner } from "@/workers/shared/file-lock";
import { databaseName, isDatabaseStamped, requireReachableDatabase } from "@/workers/shared/look-into-database";
import { OperatorError } from "@/workers/shared/operator-error";
import { withRunningSettings } from "@/workers/shared/running-settings";

export type Installation = {
  /** Complete: database, secrets and an absolute data folder are filled in. */
  config: ProcessConfig;
  /** Null when DATABASE_URL names a server that is not ours. */
  embedded: EmbeddedPostgres | null;
  /** Leaves everything as it was found: a database server that had to be started is stopped again. */
  close(): Promise<void>;
};

/** Held for as long as `npm start` runs on a data folder. */
export function startLockPath(dataDir: string): string {
  return path.join(dataDir, "start.lock");
}

/** True when a start has made a database of ours in the folder. Makes nothing. */
export function hasEmbeddedDatabase(dataDir: string): boolean {
  return inspectCluster(clusterPaths(path.resolve(dataDir))) === "ours";
}

/** For commands that work on what a start has made: a mistyped folder or address makes no second installation. */
export async function openExistingInstallation(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<Installation> {
  const { databaseUrl, masterKey, dataDir } = loadConfig(env);
  const folder = path.resolve(dataDir);
  const isHere = databaseUrl === null ? hasEmbeddedDatabase(folder) : masterKey !== null || hasMasterKey(folder);
  if (!isHere) {
    throw new OperatorError(`There is no installation in ${folder}. Start it once with npm start, or check SWITCHYARD_DATA_DIR.`);
  }
  if (databaseUrl !== null && !(await isDatabaseStamped(databaseUrl))) {
    throw new OperatorError(
      `There is no installation in the database ${databaseName(databaseUrl)}. Start it once with npm start, or check DATABASE_URL.`,
    );
  }
  return openInstallation(withRunningSettings(env, folder), log);
}

/** What every command on this machine needs first: settings, data folder, secrets and a migrated database. */
export async function openInstallation(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<Installation> {
  const given = loadConfig(env);
  const dataDir = prepareDataFolder(given);
  const secrets = readSecrets(given, dataDir);
  const embedded = given.databaseUrl === null ? await startEmbeddedPostgres({ dataDir, log }) : null;
  const databaseUrl = given.databaseUrl ?? embedded?.url;
  if (databaseUrl === undefined) throw new Error("neither a given nor an embedded database");
  const close = async () => {
    if (embedded && !embedded.adopted && !isInUseByStart(dataDir)) await embedded.stop();
  };
  try {
    await migrateOrExplain(databaseUrl);
  } catch (error) {
    await close();
    throw error;
  }
  return { config: { ...given, ...secrets, dataDir, databaseUrl }, embedded, close };
}

/** True when an `npm start` in another process has adopted the server meanwhile. */
function isInUseByStart(dataDir: string): boolean {
  const owner = fileLockOwner(startLockPath(dataDir));
  return owner !== null && owner.pid !== process.pid;
}

async function migrateOrExplain(databaseUrl: string): Promise<void> {
  await requireReachableDatabase(databaseUrl);
  try {
    await migrate(databaseUrl);
  } catch (cause) {
    throw new OperatorError(`The database ${databaseName(databaseUrl)} cannot be brought up to date: ${(cause as Error).message}`, {
      cause,
    });
  }
}

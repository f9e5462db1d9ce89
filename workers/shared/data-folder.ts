import { randomBytes } from "node:crypto";
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Config } from "@/lib/config/load-config";
import { OperatorError } from "@/workers/shared/operator-error";

export type Secrets = { nextauthSecret: string; masterKey: string; runnerSecret: string };

const SECRET_BYTES = 32;

/** Makes the folder when it is missing and closes it to everybody else. Returns its real path. */
export function prepareDataFolder(config: Config): string {
  const folder = path.resolve(config.dataDir);
  try {
    makeFolder(folder);
    chmodSync(folder, 0o700);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new OperatorError(
      `The data folder ${folder} cannot be used: ${(cause as Error).message}. Set SWITCHYARD_DATA_DIR to a folder of yours.`,
      { cause },
    );
  }
  return realpathSync(folder);
}

/** Folder by folder: Node's own recursive way goes round for ever where a parent is no real folder, as in /proc. */
function makeFolder(folder: string): void {
  const parent = path.dirname(folder);
  if (parent !== folder) makeFolder(parent);
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return;
  if (stat) throw new Error(`${folder} is a file`);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process has just made it.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Secrets from the settings, else from the data folder, where the first start generates them. */
export function readSecrets(config: Config, dataDir: string): Secrets {
  return {
    nextauthSecret: config.nextauthSecret ?? keptSecret(path.join(dataDir, "nextauth.secret")),
    masterKey: config.masterKey ?? keptSecret(masterKeyPath(dataDir)),
    runnerSecret: config.runnerSecret ?? keptSecret(path.join(dataDir, "runner.secret")),
  };
}

/** False: nothing has ever been sealed from here. */
export function hasMasterKey(dataDir: string): boolean {
  return existsSync(masterKeyPath(dataDir));
}

function masterKeyPath(dataDir: string): string {
  return path.join(dataDir, "master.key");
}

function keptSecret(file: string): string {
  if (!existsSync(file)) {
    try {
      writeFileSync(file, randomBytes(SECRET_BYTES).toString("base64url"), { mode: 0o600, flag: "wx" });
    } catch (error) {
      // Another process has just made it: theirs counts.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  chmodSync(file, 0o600);
  return readFileSync(file, "utf8").trim();
}

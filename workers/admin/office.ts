import { connectDatabase, type Database, type Tx } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import type { Actor, Viewer } from "@/lib/access/viewer";
import type { ProcessConfig } from "@/lib/config/load-config";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer, type Sealer } from "@/lib/crypto/sealer";
import { systemClock, type Clock } from "@/lib/time/clock";
import { adminCommand } from "@/workers/shared/admin-command";
import { openExistingInstallation, type Installation } from "@/workers/shared/open-installation";
import { ensureRevealKey } from "@/workers/shared/reveal-key";

/** What an operator's command works with. Whoever can run it owns the machine: it sees everything and signs as itself. */
export type Office = {
  config: ProcessConfig;
  database: Database;
  sealer: Sealer;
  clock: Clock;
  actor: Actor;
  viewer: Viewer;
  embedded: boolean;
  /** One of our commands as a whole line that finds this installation. */
  commandLine(args: string): string;
  transact<T>(run: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const CONNECTIONS_MAX = 2;

export async function openOffice(env: NodeJS.ProcessEnv): Promise<Office> {
  const installation = await openExistingInstallation(env, (line) => process.stderr.write(`${line}\n`));
  const database = connectDatabase(installation.config.databaseUrl, { max: CONNECTIONS_MAX });
  const close = async () => {
    await database.close();
    await installation.close();
  };
  try {
    await ensureRevealKey(database.orm, installation.config.dataDir);
    return { ...furnish(installation, database), commandLine: (args) => adminCommand(env, args), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function furnish({ config, embedded }: Installation, database: Database): Omit<Office, "commandLine" | "close"> {
  return {
    config,
    database,
    sealer: createSealer(parseMasterKeys(config.masterKey)),
    clock: systemClock,
    actor: { kind: "operator_cli" },
    viewer: { userId: "operator_cli", username: "operator", role: "admin", via: { kind: "operator_cli" } },
    embedded: embedded !== null,
    transact: (run) => withTransaction(database.orm, run),
  };
}

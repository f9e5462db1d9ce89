import pino, { type Logger } from "pino";
import { connectDatabase, type Database } from "@/db/client";
import { loadProcessConfig, type ProcessConfig } from "@/lib/config/load-config";
import { loggedError } from "@/lib/runtime/logged-error";
import { parseMasterKeys } from "@/lib/crypto/master-keys";
import { createSealer, type Sealer } from "@/lib/crypto/sealer";
import { systemClock, type Clock } from "@/lib/time/clock";

export type Runtime = {
  config: ProcessConfig;
  db: Database;
  /** A few connections apart: whoever exports a year waits for others who do, and nobody's request waits for them. */
  exportDb: Database;
  clock: Clock;
  log: Logger;
  sealer: Sealer;
};

const EXPORT_CONNECTIONS_MAX = 1;

const KEY = Symbol.for("switchyard.runtime");
const store = globalThis as { [KEY]?: Runtime };

/**
 * The long-lived things of this process, built at the first call, so that a build needs neither secrets nor a database. Kept
 * under a global name because Next's bundle and the process around it each load this module.
 */
export function runtime(): Runtime {
  store[KEY] ??= buildRuntime();
  return store[KEY];
}

function buildRuntime(): Runtime {
  const config = loadProcessConfig(process.env);
  const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: loggedError } });
  return {
    config,
    db: connectDatabase(config.databaseUrl),
    exportDb: connectDatabase(config.databaseUrl, { max: EXPORT_CONNECTIONS_MAX }),
    clock: systemClock,
    log,
    sealer: createSealer(parseMasterKeys(config.masterKey)),
  };
}

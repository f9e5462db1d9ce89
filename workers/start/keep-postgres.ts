import { setTimeout as sleep } from "node:timers/promises";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "@/workers/shared/embedded-postgres/start-embedded-postgres";

const LOOK_MS = 500;
const RESTARTS_MAX = 5;

export type PostgresKeeper = { stop(): Promise<void> };

/**
 * Starts the embedded server again when it dies, as a service manager would. It comes back on its port, so the pools of the
 * other processes find it by themselves.
 */
export function keepPostgres(options: {
  server: EmbeddedPostgres;
  dataDir: string;
  log: (line: string) => void;
  onGivenUp: (reason: string) => void;
}): PostgresKeeper {
  const stopping = new AbortController();
  let { server } = options;
  const { url } = server;

  const done = (async () => {
    for (let restarts = 0; !stopping.signal.aborted;) {
      await sleep(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted || server.isRunning()) continue;
      restarts += 1;
      if (restarts > RESTARTS_MAX)
        return options.onGivenUp(`Postgres ended ${restarts} times; its log is in ${options.dataDir}/postgres.log`);
      options.log("ended unexpectedly; starting it again");
      server = await startEmbeddedPostgres({ dataDir: options.dataDir, log: options.log });
      if (server.url !== url) return options.onGivenUp("The port of the database was taken by another program while it was down");
    }
  })().catch((error: unknown) => options.onGivenUp((error as Error).message));

  return {
    async stop() {
      stopping.abort();
      await done;
      await server.stop();
    },
  };
}

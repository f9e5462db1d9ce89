import path from "node:path";
import { compileProcesses, forkProcess, type BenchProcess } from "@/tests/bench/bench-process";
import { install, type Installation } from "@/tests/bench/installation";
import { fetchPortkey, portkeyHeaders, startPortkey } from "@/tests/bench/portkey";
import { freePort } from "@/workers/shared/free-port";
import { WORKER_FLAGS } from "@/workers/start/supervise-worker";

export const CONTESTANTS = ["direct", "raw proxy", "portkey", "own key", "wallet"] as const;
export type ContestantName = (typeof CONTESTANTS)[number];

export type Contestant = { name: ContestantName; process: BenchProcess; headers: readonly string[] };

export type Arena = {
  contestants: readonly Contestant[];
  installation: Installation;
  load: BenchProcess;
  stop(): Promise<void>;
};

export type ArenaOptions = {
  names: readonly ContestantName[];
  cacheDir: string;
  dataDir: string;
  /** Where the gateway with full billing leaves a processor profile when it ends. */
  profileDir: string | null;
  /** Settings of Postgres on top of the product's own, for a look inside. */
  postgresSettings: Record<string, string>;
};

const PLAIN = "authorization: Bearer sk-bench\r\n";

/** Everything in a process of its own: the upstream, the client, each contestant. */
export async function openArena(options: ArenaOptions): Promise<Arena> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  const keep = (started: BenchProcess) => {
    stops.push(() => started.stop());
    return started;
  };
  try {
    const fileOf = await compileProcesses(path.join(options.cacheDir, "build"));
    const upstream = keep(await forkProcess(fileOf("upstream")));
    const installation = await install({ dataDir: options.dataDir, upstreamPort: upstream.port, settings: options.postgresSettings });
    stops.push(() => installation.postgres.stop());
    const load = keep(await forkProcess(fileOf("load")));

    const startGateway = async (execArgv: readonly string[] = []) => {
      const port = await freePort(0);
      return keep(
        await forkProcess(fileOf("gateway"), {
          env: { ...installation.env, PORT: String(port) },
          execArgv: [...WORKER_FLAGS, ...execArgv],
        }),
      );
    };
    const profiling = options.profileDir === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.profileDir}`];
    const bearer = (keys: readonly string[]) => keys.map((key) => `authorization: Bearer ${key}\r\n`);
    const start: Record<ContestantName, () => Promise<Omit<Contestant, "name">>> = {
      direct: () => Promise.resolve({ process: upstream, headers: [PLAIN] }),
      "raw proxy": async () => ({
        process: keep(await forkProcess(fileOf("raw-proxy"), { args: [`http://127.0.0.1:${upstream.port}`] })),
        headers: [PLAIN],
      }),
      portkey: async () => ({
        process: keep(await startPortkey(await fetchPortkey(options.cacheDir))),
        headers: [portkeyHeaders(upstream.port)],
      }),
      "own key": async () => ({ process: await startGateway(), headers: bearer(installation.ownKeys) }),
      wallet: async () => ({ process: await startGateway(profiling), headers: bearer(installation.walletKeys) }),
    };
    const contestants: Contestant[] = [];
    for (const name of options.names) contestants.push({ name, ...(await start[name]()) });
    return { contestants, installation, load, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

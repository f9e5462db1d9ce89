import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import type { Database } from "@/db/client";
import { loadProcessConfig } from "@/lib/config/load-config";
import { serveNodeRequest } from "@/lib/http/node-adapter";
import { buildGatewayRuntime, type GatewayRuntime, type GatewayTimings } from "@/lib/runtime/gateway-runtime";
import type { Runtime } from "@/lib/runtime/runtime";
import { systemClock } from "@/lib/time/clock";
import { TEST_MASTER_KEY, testSealer } from "@/tests/factories/provider";

export type ServedGateway = {
  url: string;
  port: number;
  runtime: GatewayRuntime;
  /** What it was built from. */
  parts: Runtime;
  /** Open sockets of clients. */ connections(): Promise<number>;
  close(drainMs?: number): Promise<void>;
};

/** Short where a test would otherwise wait for nothing; nothing here is waited out by a test that does not mean to. */
const TEST_TIMINGS: GatewayTimings = {
  silenceMs: 15_000,
  moneyWaitMs: 20_000,
  settleWaitMs: 5_000,
  heartbeatMs: 200,
  replayMs: 200,
  queueGraceMs: 20,
  laneRecoveryMs: 1_000,
  runnerCheckMs: 100,
};

/** The gateway alone on a port of its own: no screens, no background. */
export async function serveGateway(input: {
  db: Database;
  databaseUrl: string;
  dataDir: string;
  /** Ports on this machine that may be upstreams. */
  upstreamPorts: readonly number[];
  port?: number;
  timings?: Partial<GatewayTimings>;
  stallMs?: number;
  env?: Record<string, string>;
}): Promise<ServedGateway> {
  const config = loadProcessConfig({
    DATABASE_URL: input.databaseUrl,
    NEXTAUTH_SECRET: TEST_MASTER_KEY,
    SWITCHYARD_MASTER_KEY: TEST_MASTER_KEY,
    SWITCHYARD_DATA_DIR: input.dataDir,
    UPSTREAM_ALLOW: input.upstreamPorts.map((port) => `127.0.0.1:${port}`).join(","),
    ...input.env,
  });
  const log = pino({ level: process.env["TEST_GATEWAY_LOG"] ?? "silent" });
  const parts: Runtime = { config, db: input.db, exportDb: input.db, clock: systemClock, log, sealer: testSealer };
  const runtime = await buildGatewayRuntime(parts, { ...TEST_TIMINGS, ...input.timings });
  const options = { trustedProxies: ["127.0.0.0/8"], stallMs: input.stallMs ?? 60_000 };
  const server = createServer({ requestTimeout: 0 }, (req, res) => {
    serveNodeRequest(runtime.gateway.handle, { req, res }, options).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(input.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    runtime,
    parts,
    connections: () => new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count)))),
    close: async (drainMs = 5_000) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await runtime.stop(drainMs);
      server.closeAllConnections();
      await closed;
    },
  };
}

import { mkdirSync, rmSync } from "node:fs";
import type { AddressInfo, ListenOptions, Server } from "node:net";
import path from "node:path";
import type { Sql } from "postgres";
import type { Logger } from "pino";
import { recordEvent } from "@/lib/codex/record-event";
import { createControlServer } from "@/workers/egress-proxy/control-server";
import { Doors } from "@/workers/egress-proxy/doors";
import { EgressGate, type EgressTarget, type EgressTimings } from "@/workers/egress-proxy/egress-gate";
import { LeaseBook, leaseReader } from "@/workers/egress-proxy/lease-book";
import { RefusalCount } from "@/workers/egress-proxy/refusal-count";
import { egressControlPath, egressFolder, makeControlFolder } from "@/workers/shared/egress-control";
import { readEgressCredentials } from "@/workers/shared/egress-token";
import { tryFileLock } from "@/workers/shared/file-lock";
import { OperatorError } from "@/workers/shared/operator-error";

export type EgressProxyOptions = {
  sql: Sql;
  log: Logger;
  dataDir: string;
  /** RUNNER_SECRET. */
  secret: string;
  leaseS: number;
  targets: ReadonlyMap<string, EgressTarget>;
  /** For containers without a door. */
  listen: { host: string; port: number };
  timings?: Partial<EgressTimings>;
};

export type EgressProxy = {
  tcpPort: number;
  /** Refusals that are not written yet are written. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

const SWEEP_MS = 1_000;
const ABANDONED_MS = 5_000;
const FLUSH_MS = 60_000;
/** Sockets that have not said yet whose they are, and all others that come over a shared network. */
const TCP_SOCKETS_MAX = 2_000;

/** The only way out of the Codex containers of this machine. */
export async function startEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const { sql, log, dataDir, secret, leaseS, targets } = options;
  const leases = new LeaseBook({ read: leaseReader(sql), leaseMs: leaseS * 1000 });
  const refusals = new RefusalCount();
  const gate = new EgressGate({
    targets,
    leases,
    identify: (header) => readEgressCredentials(secret, header),
    onRefused: (refusal) => refusals.add(refusal),
    timings: options.timings,
  });
  mkdirSync(egressFolder(dataDir), { recursive: true, mode: 0o700 });
  const lock = tryFileLock(path.join(egressFolder(dataDir), "egress.lock"));
  if ("owner" in lock) throw new OperatorError(`The egress proxy of ${dataDir} runs already, as process ${lock.owner.pid}.`);
  const doors = new Doors({
    file: path.join(egressFolder(dataDir), "doors.json"),
    log,
    onSocket: (socket, identity) => gate.serve(socket, identity),
    onMoved: (accountId, fence) => gate.cut(accountId, fence),
  });

  gate.server.maxConnections = TCP_SOCKETS_MAX;
  await listening(gate.server, options.listen);
  const { port: tcpPort } = gate.server.address() as AddressInfo;
  await doors.reopen();
  const control = createControlServer(doors, () => ({ tcpPort }));
  const controlPath = egressControlPath(dataDir);
  makeControlFolder(controlPath);
  // Left by a proxy that was killed: the lock says that it is gone.
  rmSync(controlPath, { force: true });
  await listening(control, { path: controlPath });

  const flush = async () => {
    const { refusals: counted, unknown } = refusals.take();
    if (unknown > 0) log.warn({ count: unknown }, "refused callers without valid credentials");
    for (const { identity, detail } of counted) {
      await recordEvent(sql, { accountId: identity.accountId, kind: "egress_refused", detail, fence: identity.fence }).catch(
        (error: unknown) => log.warn({ err: error, accountId: identity.accountId, detail }, "a refusal could not be written down"),
      );
    }
  };
  const timers = [
    setInterval(() => {
      gate.sweep();
      void leases.refresh(gate.accounts()).then(() => gate.sweep());
    }, SWEEP_MS),
    setInterval(() => doors.shutAbandoned(), ABANDONED_MS),
    setInterval(() => void flush(), FLUSH_MS),
  ];

  return {
    tcpPort,
    flush,
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      control.close();
      control.closeAllConnections();
      await doors.close();
      gate.close();
      await flush();
      lock.lock.release();
    },
  };
}

function listening(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

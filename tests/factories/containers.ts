import { fork, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Orm } from "@/db/client";
import type { Sql } from "postgres";
import { takeLease } from "@/lib/codex/leases";
import { registerRunner } from "@/lib/codex/runners";
import { newId } from "@/lib/ids/ids";
import { codexBinary } from "@/tests/contract/harness/codex";
import { testCustomer } from "@/tests/factories/customer";
import type {
  AccountContainer,
  ContainerChange,
  ContainerError,
  ContainerRef,
  ContainerStatus,
  Probe,
} from "@/workers/codex-runner/containers/container-driver";
import type { EgressTarget } from "@/workers/egress-proxy/egress-gate";
import type { EgressIdentity } from "@/workers/shared/egress-token";

/** A user of this machine that a test can run containers as. */
export type TestUser = { name: string; uid: number };

const NOBODY = 65_534;

/** Root and somebody else; who is not root can only be themselves. */
export function testUsers(): TestUser[] {
  const uid = process.getuid?.() ?? 0;
  return uid === 0
    ? [
        { name: "root", uid },
        { name: "an ordinary user", uid: NOBODY },
      ]
    : [{ name: "an ordinary user", uid }];
}

export type ContainerProcessSettings = {
  role: "egress" | "bubblewrap" | "process";
  dataDir: string;
  vendorDir: string;
  databaseUrl: string;
  secret: string;
  leaseS: number;
  targets: [string, EgressTarget][];
};

export type AccountCall = EgressIdentity & {
  vendorDir?: string;
  args?: readonly string[];
  files?: AccountContainer["files"];
  caPem?: string;
  limits?: Partial<AccountContainer["limits"]>;
};

export type ContainerCalls = {
  probe(): Promise<Probe>;
  ensure(call: AccountCall): Promise<ContainerRef>;
  /** The first exchange with app-server, over a connection of its own. */
  initialize(ref: ContainerRef): Promise<string>;
  deviceCode(ref: ContainerRef): Promise<string>;
  stop(ref: ContainerRef, drainMs: number): Promise<void>;
  destroy(ref: ContainerRef, options: { deleteHome: boolean }): Promise<void>;
  list(): Promise<ContainerStatus[]>;
  measureHome(ref: ContainerRef): Promise<number>;
  nextChange(): Promise<ContainerChange>;
  processesOf(accountId: string): Promise<{ root: number; codex: number | null } | null>;
  /** Standard output of a Node script that runs in the container's network. */
  enterNetwork(accountId: string, script: string): Promise<string>;
  /** Status of a CONNECT from inside of the container's network; the tunnel stays open. */
  openTunnel(accountId: string, target: string): Promise<string>;
  /** When the last tunnel that was opened is closed by the other side. */
  tunnelEnded(): Promise<void>;
  seenInside(accountId: string, argv: readonly string[]): Promise<string>;
  proxyUrl(identity: EgressIdentity): Promise<string>;
};

export type EgressCalls = { flush(): Promise<void>; close(): Promise<void> };

export type ContainerProcess<Calls> = Calls & {
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
};

/** A machine of its own for one test file and one user: data folder, egress proxy and runners on it. */
export type TestMachine = {
  user: TestUser;
  dataDir: string;
  secret: string;
  startEgress(): Promise<ContainerProcess<EgressCalls>>;
  startRunner(role: "bubblewrap" | "process"): Promise<ContainerProcess<ContainerCalls>>;
  /** Ends every process and every container of the machine, and removes its folder. */
  close(): Promise<void>;
};

export async function testMachine(
  user: TestUser,
  given: { databaseUrl: string; leaseS: number; targets: [string, EgressTarget][] },
): Promise<TestMachine> {
  const dataDir = realpathSync(mkdtempSync(path.join(tmpdir(), "switchyard-machine-")));
  chmodSync(dataDir, 0o700);
  if (user.uid !== process.getuid?.()) chownSync(dataDir, user.uid, user.uid);
  const vendorDir = path.dirname(path.dirname(await codexBinary()));
  const secret = randomBytes(32).toString("hex");
  const processes = new Set<ContainerProcess<object>>();
  const start = async <Calls>(role: ContainerProcessSettings["role"]): Promise<ContainerProcess<Calls>> => {
    const started = await startProcess<Calls>(user, { role, dataDir, vendorDir, secret, ...given });
    processes.add(started);
    return started;
  };
  return {
    user,
    dataDir,
    secret,
    startEgress: () => start<EgressCalls>("egress"),
    startRunner: (role) => start<ContainerCalls>(role),
    close: async () => {
      const last = await start<ContainerCalls>("bubblewrap");
      for (const { ref } of await last.list()) await last.destroy(ref, { deleteHome: true });
      for (const one of processes) await one.kill();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function startProcess<Calls>(user: TestUser, settings: ContainerProcessSettings): Promise<ContainerProcess<Calls>> {
  const file = path.join(import.meta.dirname, "container-process-main.ts");
  const env = { ...process.env, HOME: settings.dataDir, TEST_CONTAINERS: JSON.stringify(settings) };
  const node = ["--import", "tsx", file];
  const asUser = ["--reuid", String(user.uid), "--regid", String(user.uid), "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];
  const stdio: ("ignore" | "inherit" | "ipc")[] = ["ignore", "inherit", "inherit", "ipc"];
  const child =
    user.uid === process.getuid?.()
      ? fork(file, { execArgv: ["--import", "tsx"], env, stdio })
      : spawn("setpriv", [...asUser, process.execPath, ...node], { env, stdio });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let last = 0;
  const ready = new Promise<void>((resolve, reject) => {
    void exited.then(() => {
      reject(new Error("the process ended before it was ready"));
      for (const call of calls.values()) call.reject(new Error("the process is gone"));
    });
    child.on("message", (message: { ready?: true; id: number; value: unknown; error?: { message: string; reason: string | null } }) => {
      if (message.ready) return resolve();
      const call = calls.get(message.id);
      calls.delete(message.id);
      if (message.error)
        call?.reject(Object.assign(new Error(message.error.message), { reason: message.error.reason as ContainerError["reason"] }));
      else call?.resolve(message.value);
    });
  });
  await ready;
  const own = {
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
  return new Proxy(own, {
    get: (target, name) => {
      if (name in target) return target[name as keyof typeof target];
      // Whoever awaits the process itself asks whether it is a promise.
      if (name === "then") return undefined;
      return (...args: unknown[]) =>
        new Promise((resolve, reject) => {
          last += 1;
          calls.set(last, { resolve, reject });
          child.send({ id: last, name, args });
        });
    },
  }) as unknown as ContainerProcess<Calls>;
}

/** An account of a customer of its own, leased to a runner that never beats: the lease ends when it ends. */
export async function leasedAccount(db: { orm: Orm; sql: Sql }, options: { ttlS: number }): Promise<EgressIdentity & { runnerId: string }> {
  const { userId } = await testCustomer(db.orm);
  const [accountId, runnerId] = [newId("acct"), newId("run")];
  await db.sql`insert into chatgpt_accounts (id, user_id) values (${accountId}, ${userId})`;
  await registerRunner(db.sql, { id: runnerId, host: "test", address: "http://127.0.0.1:1", driver: "bubblewrap", isolation: {} });
  const lease = await takeLease(db.sql, { accountId, runnerId, host: "test", ttlS: options.ttlS });
  if (lease.kind !== "taken") throw new Error(`the lease is ${lease.kind}`);
  return { accountId, fence: lease.fence, runnerId };
}

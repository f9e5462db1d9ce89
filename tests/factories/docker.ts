import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/**
 * A Docker engine of a test's own: in a network namespace and a mount namespace of its own, since dockerd rewrites the packet filter
 * and the routing of the one that it runs in. Nothing of it is left after `stop`.
 */
export type TestDockerd = {
  socketPath: string;
  pid(): number;
  /** Kills dockerd alone; its containers live on. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
};

const [UNSHARE, NSENTER] = ["unshare", "nsenter"];
const ADDRESS_POOL = "base=10.100.0.0/16,size=28";
const UP_MS_MAX = 30_000;
const POLL_MS = 50;
const PATH = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
const ENV = { ...process.env, PATH };
const INSTALL = "apt-get install -y --no-install-recommends docker.io iptables";

/** Where it cannot, the reason is printed. */
export function canStartDockerd(): boolean {
  const why = whyNoDockerd();
  if (why !== null) console.warn(`Docker is not tried here: ${why}`);
  return why === null;
}

/** Null: it can. */
export function whyNoDockerd(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "a Docker engine of the test's own needs root on Linux";
  const missing = ["dockerd", "containerd", "runc", "iptables", "ip", UNSHARE, NSENTER].filter((tool) => !hasTool(tool));
  return missing.length === 0 ? null : `${missing.join(", ")} not found; ${INSTALL}`;
}

function hasTool(tool: string): boolean {
  return PATH.split(":").some((folder) => folder !== "" && existsSync(join(folder, tool)));
}

export async function startDockerd(): Promise<TestDockerd> {
  // Short: containerd's sockets lie deep in it.
  const folder = mkdtempSync("/tmp/sy-dockerd-");
  const cgroup = `/${folder.slice("/tmp/".length)}`;
  for (const name of ["run", "data", "exec"]) mkdirSync(join(folder, name));
  const socketPath = join(folder, "run/docker.sock");
  // The namespaces outlive dockerd in a process that does nothing.
  const anchor = spawn(UNSHARE, ["--net", "--mount", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"], {
    env: ENV,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(anchor.stdout, "data");
  let daemon = await run();

  async function run() {
    // containerd dies with a killed dockerd, which takes the pid for a living one until somebody has waited for it.
    rmSync(join(folder, "exec/containerd/containerd.pid"), { force: true });
    const folders = [
      "--data-root",
      join(folder, "data"),
      "--exec-root",
      join(folder, "exec"),
      "--pidfile",
      join(folder, "run/dockerd.pid"),
    ];
    const options = ["--live-restore", "--cgroup-parent", cgroup, "--default-address-pool", ADDRESS_POOL, "--log-level", "error"];
    const args = ["--target", String(anchor.pid), "--net", "--mount", "dockerd", "--host", `unix://${socketPath}`].concat(folders, options);
    const child = spawn(NSENTER, args, { env: ENV, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk) => (said = `${said}${String(chunk)}`.slice(-4096)));
    const deadlineMs = Date.now() + UP_MS_MAX;
    while (!(await answers(socketPath))) {
      if (child.exitCode !== null || Date.now() > deadlineMs) throw new Error(`dockerd did not come up: ${said}`);
      await delay(POLL_MS);
    }
    return child;
  }

  async function kill() {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, "exit");
    daemon.kill("SIGKILL");
    await ended;
  }

  return {
    socketPath,
    pid: () => daemon.pid ?? 0,
    kill,
    start: async () => {
      daemon = await run();
    },
    stop: async () => {
      await kill();
      // containerd and the shims of what a failed test has left running.
      for (const pid of processesOf(folder)) process.kill(pid, "SIGKILL");
      while (processesOf(folder).length > 0) await delay(POLL_MS);
      const ended = once(anchor, "exit");
      anchor.kill("SIGKILL");
      await ended;
      removeCgroups(cgroup);
      await removeFolder(folder);
    },
  };
}

async function answers(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false;
  const socket = connect(socketPath);
  try {
    socket.write("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return String(chunk).startsWith("HTTP/1.1 200");
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** By their arguments: everything of an engine names its folder, and the processes of its containers have a shim as parent. */
function processesOf(folder: string): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = all.filter((pid) => commandLine(pid).includes(folder));
  const shims = new Set(found);
  return [...found, ...all.filter((pid) => shims.has(parentOf(pid)))].map(Number);
}

function commandLine(pid: string): string {
  return readProc(pid, "cmdline").replaceAll("\0", " ");
}

function parentOf(pid: string): string {
  return /^PPid:\s+(\d+)$/m.exec(readProc(pid, "status"))?.[1] ?? "";
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

function removeCgroups(cgroup: string): void {
  const roots = existsSync("/sys/fs/cgroup/cgroup.procs")
    ? ["/sys/fs/cgroup"]
    : readdirSync("/sys/fs/cgroup").map((name) => join("/sys/fs/cgroup", name));
  for (const root of roots) {
    const parent = join(root, cgroup);
    if (!existsSync(parent)) continue;
    for (const entry of readdirSync(parent, { withFileTypes: true })) {
      if (entry.isDirectory()) rmdirSync(join(parent, entry.name));
    }
    rmdirSync(parent);
  }
}

/** The mounts below it end with their namespace, a moment after its last process. */
async function removeFolder(folder: string): Promise<void> {
  const deadlineMs = Date.now() + UP_MS_MAX;
  for (;;) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
      await delay(POLL_MS);
    }
  }
}

/** An engine's socket as a port of this machine, as an engine elsewhere is reached. */
export async function serveOverTcp(socketPath: string): Promise<{ port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: socketPath, allowHalfOpen: true });
    for (const [one, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const LISTENER = `
const server = require("node:net").createServer();
server.listen(Number(process.argv[2]), process.argv[1], () => process.send("listening", server, () => process.exit()));`;

/** A socket of this process that listens inside of the network namespace of another. */
export async function listenInside(pid: number, at: { address: string; port: number }): Promise<Server> {
  const args = ["--target", String(pid), "--net", process.execPath, "-e", LISTENER, at.address, String(at.port)];
  const child = spawn(NSENTER, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(child, "exit").then(([code]) =>
    Promise.reject(new Error(`nothing listens at process ${pid}: exit code ${String(code)}`)),
  );
  const [, server] = (await Promise.race([once(child, "message"), ended])) as [string, Server];
  ended.catch(() => undefined);
  return server;
}

/** What a program of this machine prints in the network namespace of a process. */
export async function inNetworkOf(pid: number, command: readonly string[]): Promise<string> {
  const args = ["--target", String(pid), "--net", ...command];
  return (await promisify(execFile)(NSENTER, args, { env: ENV, timeout: UP_MS_MAX })).stdout;
}

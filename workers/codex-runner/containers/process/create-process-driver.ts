import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ContainerDriver, ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { accountFolders } from "@/workers/codex-runner/containers/shared/account-folders";
import { makeHome } from "@/workers/codex-runner/containers/shared/account-home";
import { connectSocket, type SocketPlace } from "@/workers/codex-runner/containers/shared/connect-socket";
import type { EgressClient } from "@/workers/codex-runner/containers/shared/egress-client";
import {
  type Launch,
  LocalDriver,
  type LocalDriverOptions,
  type LocalLauncher,
} from "@/workers/codex-runner/containers/shared/local-driver";
import { markProcess } from "@/workers/codex-runner/containers/shared/process-mark";

export type ProcessDriverOptions = LocalDriverOptions & { egress: EgressClient };

const NO_ISOLATION =
  "NO ISOLATION: each Codex is an ordinary process of this user. It can read every file of this user, the other accounts' sign-ins among them, and reach every network. For one person on one machine only.";

/** For macOS, and for Linux without user namespaces: a process with a home of its own, and nothing more. */
export function createProcessDriver(options: ProcessDriverOptions): ContainerDriver {
  const { dataDir, egress } = options;

  const start = async (launch: Launch, { args, stdio }: { args: readonly string[]; stdio: "ignore" | "pipe" }) => {
    const { container, folders, errorLog, record } = launch;
    const { accountId, fence, vendorDir } = container;
    const proxyUrl = await egress.localProxyUrl({ accountId, fence });
    const child = spawn(path.join(vendorDir, "bin", "codex"), args, {
      detached: true,
      cwd: folders.sockets,
      env: {
        ...container.env,
        HOME: folders.home,
        CODEX_HOME: folders.home,
        TMPDIR: tmpdir(),
        PATH: ["bin", "codex-path", "codex-resources"].map((name) => path.join(vendorDir, name)).join(path.delimiter),
        SSL_CERT_FILE: folders.certificates,
        HTTPS_PROXY: proxyUrl,
      } as Record<string, string> as NodeJS.ProcessEnv,
      stdio: [stdio, stdio, errorLog],
    });
    child.unref();
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) => reject(new ContainerError("driver_missing", "The Codex CLI cannot be run.", { cause })));
    });
    record({ root: markProcess(child.pid!), cgroups: [] });
    return { child, ended };
  };

  const launcher: LocalLauncher = {
    kind: "process",
    probe: async () => ({
      ok: true,
      isolation: {
        fs: false,
        pids: false,
        net: "open",
        uid: "shared",
        limits: { memory: false, cpu: false, pids: false },
        seccomp: false,
      },
      notes: [NO_ISOLATION],
    }),
    giveUid: async (accountId) => {
      makeHome(accountFolders(dataDir, accountId), null);
      return null;
    },
    launch: async (launch) => {
      const listen = ["--listen", `unix://${linkIn(launch.folders.sockets)}`];
      const { child, ended } = await start(launch, { args: [...launch.container.args, ...listen], stdio: "ignore" });
      return { codex: markProcess(child.pid!), ended };
    },
    launchCommand: async (launch, input) => {
      const { child, ended } = await start(launch, { args: launch.container.args, stdio: "pipe" });
      // Of a command that ends before it has read everything, its exit code tells more.
      child.stdin!.on("error", () => undefined);
      child.stdin!.end(input);
      return { stdout: child.stdout!, ended };
    },
    // Its way out has the fence of its start in it.
    adopt: async (record, fence) => record.fence === fence,
    leave: async () => undefined,
    openSocket: ({ sockets }) => connectSocket(socketOf(linkIn(sockets))),
  };
  return new LocalDriver(launcher, options);
}

function linkIn(sockets: string): string {
  return path.join(sockets, "app.sock");
}

/** What app-server is told is only a link, which may be too long to be connected to; the socket is always here. */
function socketOf(link: string): SocketPlace {
  const uid = process.getuid?.() ?? 0;
  return { folder: path.join("/tmp", `codex-daemon-${uid}`), name: createHash("sha256").update(link).digest("hex"), uid };
}

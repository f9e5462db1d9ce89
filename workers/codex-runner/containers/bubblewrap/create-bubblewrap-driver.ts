import { createHash } from "node:crypto";
import { chownSync } from "node:fs";
import type { ContainerDriver } from "@/workers/codex-runner/containers/container-driver";
import { findBwrap } from "@/workers/codex-runner/containers/bubblewrap/find-bwrap";
import { probeBubblewrap } from "@/workers/codex-runner/containers/bubblewrap/probe-bubblewrap";
import { codexSandbox, SOCKET_INSIDE } from "@/workers/codex-runner/containers/bubblewrap/sandbox-command";
import { startSandbox } from "@/workers/codex-runner/containers/bubblewrap/start-sandbox";
import { giveUid } from "@/workers/codex-runner/containers/shared/account-uid";
import { joinCgroups, makeCgroups, removeCgroups } from "@/workers/codex-runner/containers/shared/cgroups";
import { connectSocket } from "@/workers/codex-runner/containers/shared/connect-socket";
import type { EgressClient } from "@/workers/codex-runner/containers/shared/egress-client";
import {
  type Launch,
  LocalDriver,
  type LocalDriverOptions,
  type LocalLauncher,
} from "@/workers/codex-runner/containers/shared/local-driver";
import { isMarkAlive } from "@/workers/codex-runner/containers/shared/process-mark";

export type BubblewrapDriverOptions = LocalDriverOptions & {
  egress: EgressClient;
  /** The unpacked CLI, for its bwrap; it is fetched when it is not there yet. */
  vendorDir: () => Promise<string>;
};

/** A sandbox per account on Linux, with nothing to install: the official CLI brings bubblewrap along. */
export function createBubblewrapDriver(options: BubblewrapDriverOptions): ContainerDriver {
  const { dataDir, egress } = options;

  /** Both layers stand and are written down, the way out is being opened, and nothing of Codex runs before `go`. */
  const start = async (launch: Launch, { args, stdio }: { args: readonly string[]; stdio: "ignore" | "pipe" }) => {
    const { container, folders, uid, errorLog, record, signal } = launch;
    const { accountId, fence, vendorDir, limits, env } = container;
    if (uid !== null) chownSync(folders.sockets, uid, uid);
    const bwrap = await findBwrap(vendorDir);
    const cgroups = makeCgroups(dataDir, accountId, limits);
    const sandbox = await startSandbox(
      codexSandbox({
        ...folders,
        bwrap,
        uid,
        limits: { memoryMiB: cgroups.limits.memory ? null : limits.memoryMiB, pids: limits.pids },
        vendorDir,
        proxyUrl: egress.doorUrl,
        env,
        args,
      }),
      { input: stdio, output: stdio, errors: errorLog, signal },
    ).catch(async (error: unknown) => {
      await removeCgroups(cgroups.folders);
      throw error;
    });
    record({ root: sandbox.root, cgroups: cgroups.folders });
    joinCgroups(cgroups.folders, sandbox.root.pid);
    const door = egress.openDoor({ accountId, fence, pid: sandbox.root.pid }).catch((error: unknown) => {
      // A network that is gone cannot be entered: what ended it is the news.
      throw isMarkAlive(sandbox.root) ? error : new Error("it ended at once");
    });
    return { sandbox, door };
  };

  const launcher: LocalLauncher = {
    kind: "bubblewrap",
    probe: async () => probeBubblewrap({ dataDir, vendorDir: await options.vendorDir() }),
    giveUid: (accountId) => giveUid(dataDir, accountId),
    launch: async (launch) => {
      const listen = ["--listen", `unix://${SOCKET_INSIDE}`];
      const { sandbox, door } = await start(launch, { args: [...launch.container.args, ...listen], stdio: "ignore" });
      const [codex] = await Promise.all([sandbox.go(), door]);
      return { codex, ended: sandbox.ended };
    },
    launchCommand: async (launch, input) => {
      const { sandbox, door } = await start(launch, { args: launch.container.args, stdio: "pipe" });
      const { stdin, stdout, ended } = sandbox;
      // Of a command that ends before it has read everything, its exit code tells more.
      stdin!.on("error", () => undefined);
      stdin!.end(input);
      await door;
      sandbox.go().catch(() => undefined);
      return { stdout: stdout!, ended };
    },
    adopt: async ({ accountId, root }, fence) => {
      await egress.openDoor({ accountId, fence, pid: root.pid });
      return true;
    },
    leave: (accountId) => egress.closeDoor(accountId),
    openSocket: ({ sockets }) => connectSocket({ folder: sockets, name: SOCKET_NAME, uid: null }),
  };
  return new LocalDriver(launcher, options);
}

/** What app-server makes of the path that it is told: that itself is only a link, in a folder that cannot be seen from outside. */
const SOCKET_NAME = createHash("sha256").update(SOCKET_INSIDE).digest("hex");

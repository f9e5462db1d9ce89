import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { connect } from "node:net";
import { chownSync } from "node:fs";
import path from "node:path";
import type { ContainerDriver } from "@/workers/codex-runner/containers/container-driver";
import { findBwrap } from "@/workers/codex-runner/containers/bubblewrap/find-bwrap";
import { probeBubblewrap } from "@/workers/codex-runner/containers/bubblewrap/probe-bubblewrap";
import { codexSandbox, SOCKET_INSIDE } from "@/workers/codex-runner/containers/bubblewrap/sandbox-command";
import { startSandbox } from "@/workers/codex-runner/containers/bubblewrap/start-sandbox";
import { giveUid } from "@/workers/codex-runner/containers/shared/account-uid";
import { joinCgroups, makeCgroups, removeCgroups } from "@/workers/codex-runner/containers/shared/cgroups";
import type { EgressClient } from "@/workers/codex-runner/containers/shared/egress-client";
import { LocalDriver, type LocalDriverOptions, type LocalLauncher } from "@/workers/codex-runner/containers/shared/local-driver";
import { isMarkAlive } from "@/workers/codex-runner/containers/shared/process-mark";

export type BubblewrapDriverOptions = LocalDriverOptions & {
  egress: EgressClient;
  /** The unpacked CLI, for its bwrap; it is fetched when it is not there yet. */
  vendorDir: () => Promise<string>;
};

/** A sandbox per account on Linux, with nothing to install: the official CLI brings bubblewrap along. */
export function createBubblewrapDriver(options: BubblewrapDriverOptions): ContainerDriver {
  const { dataDir, egress } = options;
  const launcher: LocalLauncher = {
    kind: "bubblewrap",
    probe: async () => probeBubblewrap({ dataDir, vendorDir: await options.vendorDir() }),
    giveUid: (accountId) => giveUid(dataDir, accountId),
    launch: async ({ container, folders, uid, errorLog, record, signal }) => {
      const { accountId, fence, vendorDir, limits } = container;
      if (uid !== null) chownSync(folders.sockets, uid, uid);
      const bwrap = await findBwrap(vendorDir);
      const cgroups = makeCgroups(dataDir, accountId, limits);
      const started = await startSandbox(
        codexSandbox({
          ...folders,
          bwrap,
          uid,
          limits: { memoryMiB: cgroups.limits.memory ? null : limits.memoryMiB, pids: limits.pids },
          vendorDir,
          proxyUrl: egress.doorUrl,
          env: container.env,
          args: container.args,
        }),
        { output: "ignore", errors: errorLog, signal },
      ).catch(async (error: unknown) => {
        await removeCgroups(cgroups.folders);
        throw error;
      });
      record({ root: started.root, cgroups: cgroups.folders });
      joinCgroups(cgroups.folders, started.root.pid);
      const door = egress.openDoor({ accountId, fence, pid: started.root.pid }).catch((error: unknown) => {
        // A network that is gone cannot be entered: what ended it is the news.
        throw isMarkAlive(started.root) ? error : new Error("it ended at once");
      });
      const [codex] = await Promise.all([started.go(), door]);
      return { codex, ended: started.ended };
    },
    adopt: async ({ accountId, root }, fence) => {
      await egress.openDoor({ accountId, fence, pid: root.pid });
      return true;
    },
    leave: (accountId) => egress.closeDoor(accountId),
    openSocket: async ({ sockets }) => {
      // Through the folder's descriptor: a data folder may be deeper than a socket's path may be long.
      const folder = await open(sockets, "r");
      const socket = connect(path.join(`/proc/self/fd/${folder.fd}`, SOCKET_NAME));
      const close = () => void folder.close().catch(() => undefined);
      socket.once("connect", close);
      socket.once("error", close);
      return socket;
    },
  };
  return new LocalDriver(launcher, options);
}

/** What app-server makes of the path that it is told: that itself is only a link, in a folder that cannot be seen from outside. */
const SOCKET_NAME = createHash("sha256").update(SOCKET_INSIDE).digest("hex");

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { ContainerInfo, ContainerInspectInfo } from "dockerode";
import type { Logger } from "pino";
import {
  type AccountContainer,
  type ContainerDriver,
  type ContainerRef,
  type ContainerStatus,
  type Probe,
} from "@/workers/codex-runner/containers/container-driver";
import { CodexImages } from "@/workers/codex-runner/containers/docker/codex-image";
import { containerName, containerSpec, LABELS } from "@/workers/codex-runner/containers/docker/container-spec";
import { createContainer } from "@/workers/codex-runner/containers/docker/create-container";
import { asContainerError, unless } from "@/workers/codex-runner/containers/docker/docker-error";
import { type Engine, type EngineAddress, openEngine } from "@/workers/codex-runner/containers/docker/engine";
import { writeHomeFiles } from "@/workers/codex-runner/containers/docker/home-files";
import { HomeSizes } from "@/workers/codex-runner/containers/docker/home-size";
import { ensureInternalNetwork } from "@/workers/codex-runner/containers/docker/internal-network";
import { connectByExec, connectSharedSocket } from "@/workers/codex-runner/containers/docker/open-connection";
import { engineNamed, placeHome } from "@/workers/codex-runner/containers/docker/place-home";
import { probeEngine, weakestIsolation } from "@/workers/codex-runner/containers/docker/probe-engine";
import { makeSocketFolder, removeSocketFolder } from "@/workers/codex-runner/containers/docker/socket-folder";
import { startContainer } from "@/workers/codex-runner/containers/docker/start-container";
import { inspectContainer, removeContainer, stopContainer } from "@/workers/codex-runner/containers/docker/stop-container";
import { listensToSigterm, verifyContainer } from "@/workers/codex-runner/containers/docker/verify-container";
import { watchEngine } from "@/workers/codex-runner/containers/docker/watch-engine";
import type { EgressClient } from "@/workers/codex-runner/containers/shared/egress-client";

/**
 * One container per account on one Docker engine or several.
 *
 * Name, volume and network of an account are named after it, so that an engine admits one of each; the engine is the one that
 * holds its volume, and nothing moves a volume. An engine of this machine gives its containers no network at all: the egress
 * proxy opens a door in the container's network namespace, and app-server's socket lies in a folder that is shared with us.
 * An engine elsewhere gives each container a network of its own without a way out, on which the egress proxy of that machine
 * listens, and app-server is reached through the engine's API.
 */
export type DockerDriverOptions = {
  /** Keeps containers of several installations on one engine apart. */
  installation: string;
  engines: readonly EngineAddress[];
  tlsDir: string | null;
  /** OCI runtime of the containers; null: the engine's default. */
  runtime: string | null;
  /** What the operator says of engines elsewhere; they cannot be asked. */
  isFirewallEnforced: boolean;
  egress: Pick<EgressClient, "doorUrl" | "openDoor" | "closeDoor" | "proxyUrl">;
  log: Logger;
};

export function createDockerDriver(options: DockerDriverOptions): ContainerDriver {
  return new DockerDriver(options);
}

class DockerDriver implements ContainerDriver {
  readonly kind = "docker";
  readonly #options: DockerDriverOptions;
  readonly #engines: readonly Engine[];
  readonly #images: CodexImages;
  readonly #sizes = new HomeSizes();
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #ended = new AbortController();

  constructor(options: DockerDriverOptions) {
    this.#options = options;
    this.#engines = options.engines.map((address) => openEngine(address, options.tlsDir));
    this.#images = new CodexImages(options.installation);
  }

  async probe(): Promise<Probe> {
    const { runtime, isFirewallEnforced } = this.#options;
    const results = await Promise.allSettled(
      this.#engines.map((engine) => probeEngine(engine, { runtime, hasDoor: engine.isLocal, isFirewallEnforced })),
    );
    const found = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const missing = results.flatMap((result, at) => {
      const engine = this.#engines[at];
      return result.status === "rejected" && engine ? [asContainerError(engine, result.reason).message] : [];
    });
    if (found.length === 0) return { ok: false, why: missing.join(" ") };
    return {
      ok: true,
      isolation: {
        ...weakestIsolation(found.map((probe) => probe.isolation)),
        // Also of those that do not answer now: they may come back.
        net: this.#engines.every((engine) => engine.isLocal || isFirewallEnforced) ? "allow-list" : "open",
      },
      notes: [...found.flatMap((probe) => probe.notes), ...missing],
    };
  }

  ensure(container: AccountContainer): Promise<ContainerRef> {
    return this.#inLine(container.accountId, async () => {
      const name = this.#nameOf(container.accountId);
      const engine = await placeHome(this.#engines, { installation: this.#options.installation, name, host: container.host });
      return this.#on(engine, () => this.#ensureOn(engine, container));
    });
  }

  async #ensureOn(engine: Engine, container: AccountContainer): Promise<ContainerRef> {
    const { accountId, fence } = container;
    const { installation, runtime, egress } = this.#options;
    const name = this.#nameOf(accountId);
    const image = await this.#images.ensure(engine, container);
    const spec = containerSpec(container, {
      name,
      installation,
      image: image.reference,
      binaryDigest: image.binaryDigest,
      runtime,
      network: engine.isLocal
        ? { kind: "door", proxyUrl: egress.doorUrl, socketDir: this.#socketDirOf(accountId) }
        : {
            kind: "internal",
            networkName: name,
            proxyUrl: egress.proxyUrl({ accountId, fence, host: await ensureInternalNetwork(engine, { name, installation }) }),
          },
    });

    let found = await inspectContainer(engine, name);
    // A running one is kept as it is: turns are in it. But what was made elsewhere for a former fence has no way out any more.
    const hasWayOut =
      engine.isLocal || environmentOf(found?.Config).includes(spec.Env?.find((entry) => entry.startsWith("HTTPS_PROXY=")) ?? "");
    const isKept = found !== null && (found.State.Running ? hasWayOut : found.Config.Labels[LABELS.spec] === spec.Labels[LABELS.spec]);
    if (found !== null && !isKept) {
      await removeContainer(engine, name);
      found = null;
    }
    const resumed = found?.State.Running === true;
    if (!resumed) {
      if (engine.isLocal) await makeSocketFolder(this.#socketDirOf(accountId), engine);
      await engine.calls.createVolume({ Name: name, Labels: { [LABELS.installation]: installation, [LABELS.account]: accountId } });
      if (found === null) await createContainer(engine, spec);
    }
    const openDoor = async (pid: number) => {
      if (!engine.isLocal) return;
      await verifyContainer(engine, { name, pid, isNative: runtime === null });
      await egress.openDoor({ accountId, fence, pid });
    };
    const running = await startContainer(engine, {
      name,
      prepare: () => this.#prepareHome(engine, container),
      openDoor,
      canDrain: async (pid) => !engine.isLocal || runtime !== null || (await listensToSigterm(pid)),
      connect: (signal) => this.#connectTo(engine, { accountId, name, signal }),
    });
    return {
      accountId,
      driver: this.kind,
      host: engine.name,
      name,
      instance: running.Id,
      imageDigest: running.Image,
      binaryDigest: running.Config.Labels[LABELS.binary] ?? image.binaryDigest,
      resumed,
    };
  }

  async #prepareHome(engine: Engine, container: AccountContainer): Promise<void> {
    const name = this.#nameOf(container.accountId);
    // Elsewhere only the engine can measure a home, and measures all of them for that: too much for a start.
    const homeBytes = engine.isLocal ? await this.#sizes.measure(engine, name) : null;
    await writeHomeFiles(engine.calls.getContainer(name), { container, homeBytes });
  }

  async connect(ref: ContainerRef, signal?: AbortSignal): Promise<Duplex> {
    const engine = engineNamed(this.#engines, ref.host);
    return this.#on(engine, () => this.#connectTo(engine, { accountId: ref.accountId, name: ref.name, signal }));
  }

  #connectTo(engine: Engine, to: { accountId: string; name: string; signal?: AbortSignal }): Promise<Duplex> {
    return engine.isLocal ? connectSharedSocket(this.#socketDirOf(to.accountId), to.signal) : connectByExec(engine, to.name, to.signal);
  }

  stop(ref: ContainerRef, drainMs: number): Promise<void> {
    const engine = engineNamed(this.#engines, ref.host);
    return this.#inLine(ref.accountId, () =>
      this.#on(engine, async () => {
        await stopContainer(engine, ref.name, drainMs);
        if (engine.isLocal) await this.#options.egress.closeDoor(ref.accountId);
      }),
    );
  }

  destroy(ref: ContainerRef, { deleteHome }: { deleteHome: boolean }): Promise<void> {
    const engine = engineNamed(this.#engines, ref.host);
    return this.#inLine(ref.accountId, () =>
      this.#on(engine, async () => {
        await removeContainer(engine, ref.name);
        if (engine.isLocal) {
          await this.#options.egress.closeDoor(ref.accountId);
          await removeSocketFolder(this.#socketDirOf(ref.accountId));
        } else {
          await unless([404], engine.calls.getNetwork(ref.name).remove());
        }
        if (deleteHome) await unless([404], engine.calls.getVolume(ref.name).remove());
      }),
    );
  }

  async list(): Promise<ContainerStatus[]> {
    const label = [`${LABELS.installation}=${this.#options.installation}`];
    const lists = await Promise.allSettled(
      this.#engines.map(async (engine) => {
        const boxes = await engine.calls.listContainers({ all: true, filters: { label } });
        return boxes.map((box) => this.#statusOf(engine, box));
      }),
    );
    const failures = lists.flatMap((list, at) => {
      const engine = this.#engines[at];
      return list.status === "rejected" && engine ? [asContainerError(engine, list.reason)] : [];
    });
    const [first] = failures;
    if (first && failures.length === this.#engines.length) throw first;
    for (const failure of failures) this.#options.log.warn({ reason: failure.reason }, failure.message);
    return lists.flatMap((list) => (list.status === "fulfilled" ? list.value : []));
  }

  watch(onChange: Parameters<ContainerDriver["watch"]>[0]): () => void {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#ended.signal]);
    for (const engine of this.#engines) {
      void watchEngine({ engine, installation: this.#options.installation, onChange, onEngine: this.#logPresence(engine), signal });
    }
    return () => ended.abort();
  }

  measureHome(ref: ContainerRef): Promise<number> {
    const engine = engineNamed(this.#engines, ref.host);
    return this.#on(engine, () => this.#sizes.measure(engine, ref.name));
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled(this.#lines.values());
  }

  /** What is done to one account is done one after the other. */
  async #inLine<T>(accountId: string, act: () => Promise<T>): Promise<T> {
    const before = this.#lines.get(accountId) ?? Promise.resolve();
    const own = before.then(act, act);
    this.#lines.set(accountId, own);
    try {
      return await own;
    } finally {
      if (this.#lines.get(accountId) === own) this.#lines.delete(accountId);
    }
  }

  async #on<T>(engine: Engine, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw asContainerError(engine, error);
    }
  }

  #nameOf(accountId: string): string {
    return containerName(this.#options.installation, accountId);
  }

  #socketDirOf(accountId: string): string {
    return socketDir(this.#nameOf(accountId));
  }

  #statusOf(engine: Engine, box: ContainerInfo): ContainerStatus {
    const accountId = box.Labels[LABELS.account] ?? "";
    const ref: ContainerRef = {
      accountId,
      driver: this.kind,
      host: engine.name,
      name: this.#nameOf(accountId),
      instance: box.Id,
      imageDigest: box.ImageID,
      binaryDigest: box.Labels[LABELS.binary] ?? "",
      resumed: true,
    };
    return { accountId, state: box.State === "running" ? "running" : "stopped", ref };
  }

  #logPresence(engine: Engine): (isThere: boolean) => void {
    let wasThere = true;
    return (isThere) => {
      if (isThere === wasThere) return;
      wasThere = isThere;
      this.#options.log.warn(`Docker engine ${engine.name} ${isThere ? "answers again" : "does not answer; its containers live on"}.`);
    };
  }
}

/** Short, since the path of a socket has at most 107 bytes; emptied by a restart of the machine, as the sockets are. */
function socketDir(name: string): string {
  return join("/run/switchyard", createHash("sha256").update(name).digest("hex").slice(0, 16));
}

function environmentOf(config: ContainerInspectInfo["Config"] | undefined): readonly string[] {
  return config?.Env ?? [];
}

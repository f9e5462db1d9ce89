import { isLoopbackHost } from "@/lib/config/load-config";
import type { ContainerDriver, DriverKind, Probe } from "@/workers/codex-runner/containers/container-driver";
import { OperatorError } from "@/workers/shared/operator-error";

export type DriverChoice = {
  /** CODEX_DRIVER. */
  wanted: DriverKind | "auto";
  /** CODEX_ENGINE. */
  engine: "app-server" | "exec";
  /** HOST: whom this product is offered to. */
  host: string;
  create: (kind: DriverKind) => Promise<ContainerDriver>;
  /** Homes of this place have been in sandboxes: they are not opened to each other because a sandbox fails today. */
  hasSandboxedHomes: () => Promise<boolean>;
  /** Why the better one was passed over. */
  onFallback: (why: string) => void;
};

export type ChosenDriver = { driver: ContainerDriver; probe: Extract<Probe, { ok: true }> };

/** The driver that was asked for, or the best that works here. What isolates nothing is for one person on one machine. */
export async function chooseDriver({ wanted, engine, host, create, hasSandboxedHomes, onFallback }: DriverChoice): Promise<ChosenDriver> {
  if (wanted === "process") requireLoopback(host);
  if (wanted !== "auto") {
    const driver = await create(wanted);
    if (engine === "exec" && driver.run === undefined) {
      await driver.close();
      throw new OperatorError(`CODEX_ENGINE=exec needs the driver bubblewrap or process, and CODEX_DRIVER is ${wanted}.`);
    }
    const chosen = await tryDriver(driver);
    if ("driver" in chosen) return chosen;
    throw new OperatorError(`CODEX_DRIVER is ${wanted}, which does not work here: ${chosen.why}.`);
  }
  const bubblewrap = await tryDriver(await create("bubblewrap"));
  if ("driver" in bubblewrap) return bubblewrap;
  if (await hasSandboxedHomes()) {
    throw new OperatorError(
      `Codex containers cannot be isolated any more: ${bubblewrap.why}. Mend that, or set CODEX_DRIVER=process to go on without isolation.`,
    );
  }
  if (!isLoopbackHost(host)) {
    throw new OperatorError(
      `Codex containers cannot be isolated here: ${bubblewrap.why}. Mend that, or set CODEX_DRIVER to docker or kubernetes, or CODEX_LANES to off.`,
    );
  }
  const alone = await tryDriver(await create("process"));
  if ("driver" in alone) {
    onFallback(bubblewrap.why);
    return alone;
  }
  throw new OperatorError(`Codex cannot be run here: ${alone.why}.`);
}

async function tryDriver(driver: ContainerDriver): Promise<ChosenDriver | { why: string }> {
  const probe = await driver.probe();
  if (probe.ok) return { driver, probe };
  await driver.close();
  return { why: probe.why };
}

function requireLoopback(host: string): void {
  if (isLoopbackHost(host)) return;
  throw new OperatorError(
    `CODEX_DRIVER=process isolates nothing, and HOST is ${host}: customers' sign-ins would lie open to each other. Use bubblewrap, docker or kubernetes.`,
  );
}

import type { ContainerDriver, DriverKind, Probe } from "@/workers/codex-runner/containers/container-driver";
import { OperatorError } from "@/workers/shared/operator-error";

export type DriverChoice = {
  /** CODEX_DRIVER. */
  wanted: DriverKind | "auto";
  /** CODEX_ENGINE. */
  engine: "app-server" | "exec";
  /** What offers this product to others than this machine, in words; null: nothing does. */
  publicBy: string | null;
  create: (kind: DriverKind) => Promise<ContainerDriver>;
  /** Homes of this place have been in sandboxes: they are not opened to each other because a sandbox fails today. */
  hasSandboxedHomes: () => Promise<boolean>;
  /** Why the better one was passed over. */
  onFallback: (why: string) => void;
};

export type ChosenDriver = { driver: ContainerDriver; probe: Extract<Probe, { ok: true }> };

/**
 * The driver that was asked for, or the best that works here. What isolates nothing, or leaves the network open, is for one person on
 * one machine.
 */
export async function chooseDriver(choice: DriverChoice): Promise<ChosenDriver> {
  const chosen = await chooseAny(choice);
  try {
    if (choice.publicBy !== null) requireClosedNetwork(chosen, choice.publicBy);
  } catch (error) {
    await chosen.driver.close();
    throw error;
  }
  return chosen;
}

async function chooseAny({ wanted, engine, publicBy, create, hasSandboxedHomes, onFallback }: DriverChoice): Promise<ChosenDriver> {
  if (wanted === "process" && publicBy !== null) {
    throw new OperatorError(
      `CODEX_DRIVER=process isolates nothing, and ${publicBy}: customers' sign-ins would lie open to each other. Use bubblewrap, docker or kubernetes.`,
    );
  }
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
  if (publicBy !== null) {
    throw new OperatorError(
      `Codex containers cannot be isolated here: ${bubblewrap.why}. They must be, since ${publicBy}. Mend that, or set CODEX_DRIVER to docker or kubernetes, or CODEX_LANES to off.`,
    );
  }
  if (await hasSandboxedHomes()) {
    throw new OperatorError(
      `Codex containers cannot be isolated any more: ${bubblewrap.why}. Mend that, or set CODEX_DRIVER=process to go on without isolation.`,
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

/** Where a driver cannot find out by itself, the operator states what they have seen. */
const STATEMENTS: Partial<Record<DriverKind, string>> = {
  docker: "DOCKER_FIREWALL=enforced says that you have seen the engines' machines drop what comes from the containers",
  kubernetes: "KUBERNETES_NETWORK_POLICY=enforced says that you have seen the cluster's network plugin enforce a NetworkPolicy",
};

function requireClosedNetwork({ driver, probe }: ChosenDriver, publicBy: string): void {
  if (probe.isolation.net === "allow-list") return;
  const statement = STATEMENTS[driver.kind];
  throw new OperatorError(
    `The network of the containers is open as far as is known, and ${publicBy}: nobody else's Codex may run in them.${statement ? ` ${statement}.` : ""}`,
  );
}

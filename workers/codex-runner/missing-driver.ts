import { type ContainerDriver, ContainerError, type DriverKind } from "@/workers/codex-runner/containers/container-driver";

const missing = new WeakSet<ContainerDriver>();

/**
 * Stands where no driver can work on this machine. The runner lives on: whoever asks for a container is told why there is none, and
 * what the operator can do, instead of finding nobody.
 */
export function missingDriver(kind: DriverKind, why: string): ContainerDriver {
  const refuse = () => Promise.reject(new ContainerError("driver_missing", why));
  const driver: ContainerDriver = {
    kind,
    probe: () => Promise.resolve({ ok: false, why }),
    ensure: refuse,
    connect: refuse,
    stop: refuse,
    destroy: refuse,
    measureHome: refuse,
    list: () => Promise.resolve([]),
    watch: () => () => undefined,
    close: () => Promise.resolve(),
  };
  missing.add(driver);
  return driver;
}

export function isMissing(driver: ContainerDriver): boolean {
  return missing.has(driver);
}

import { expect, test } from "vitest";
import { chooseDriver } from "@/workers/codex-runner/containers/choose-driver";
import type { ContainerDriver, DriverKind, Probe } from "@/workers/codex-runner/containers/container-driver";

const WORKS: Probe = {
  ok: true,
  isolation: { fs: false, pids: false, net: "open", uid: "shared", limits: { memory: false, cpu: false, pids: false }, seccomp: false },
  notes: [],
};

function drivers(working: readonly DriverKind[]) {
  const closed: DriverKind[] = [];
  const create = async (kind: DriverKind) =>
    ({
      kind,
      probe: async () => (working.includes(kind) ? WORKS : { ok: false, why: `${kind} is not there` }),
      close: async () => void closed.push(kind),
    }) as Partial<ContainerDriver> as ContainerDriver;
  const fallbacks: string[] = [];
  const hasSandboxedHomes = async () => false;
  return {
    choice: { engine: "app-server" as const, create, hasSandboxedHomes, onFallback: (why: string) => void fallbacks.push(why) },
    closed,
    fallbacks,
  };
}

test("auto takes bubblewrap where it works, on any address", async () => {
  const { choice } = drivers(["bubblewrap", "process"]);
  expect((await chooseDriver({ wanted: "auto", host: "0.0.0.0", ...choice })).driver.kind).toBe("bubblewrap");
});

test("auto takes a plain process only where the product is offered to this machine alone", async () => {
  const { choice, closed, fallbacks } = drivers(["process"]);
  expect((await chooseDriver({ wanted: "auto", host: "127.0.0.1", ...choice })).driver.kind).toBe("process");
  expect(closed).toEqual(["bubblewrap"]);
  expect(fallbacks).toEqual(["bubblewrap is not there"]);
  await expect(chooseDriver({ wanted: "auto", host: "0.0.0.0", ...choice })).rejects.toThrow(/bubblewrap is not there.*docker/);
});

test("auto never opens homes that were in sandboxes to each other", async () => {
  const { choice } = drivers(["process"]);
  const hasSandboxedHomes = async () => true;
  await expect(chooseDriver({ wanted: "auto", host: "127.0.0.1", ...choice, hasSandboxedHomes })).rejects.toThrow(/isolated any more/);
});

test("a plain process that was asked for is refused for public hosting", async () => {
  const { choice } = drivers(["process"]);
  expect((await chooseDriver({ wanted: "process", host: "localhost", ...choice })).driver.kind).toBe("process");
  await expect(chooseDriver({ wanted: "process", host: "192.0.2.1", ...choice })).rejects.toThrow(/isolates nothing/);
});

test("a driver that was asked for and does not work is named with the reason", async () => {
  const { choice } = drivers(["bubblewrap", "process"]);
  await expect(chooseDriver({ wanted: "docker", host: "127.0.0.1", ...choice })).rejects.toThrow(
    /docker, which does not work here: docker is not there/,
  );
});

test("codex exec is refused where the driver cannot run it", async () => {
  const { choice, closed } = drivers(["docker"]);
  await expect(chooseDriver({ wanted: "docker", host: "127.0.0.1", ...choice, engine: "exec" })).rejects.toThrow(/CODEX_ENGINE=exec needs/);
  expect(closed).toEqual(["docker"]);
});

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
  return { create, closed };
}

test("auto takes bubblewrap where it works, on any address", async () => {
  const { create } = drivers(["bubblewrap", "process"]);
  expect((await chooseDriver({ wanted: "auto", host: "0.0.0.0", create })).driver.kind).toBe("bubblewrap");
});

test("auto takes a plain process only where the product is offered to this machine alone", async () => {
  const { create, closed } = drivers(["process"]);
  expect((await chooseDriver({ wanted: "auto", host: "127.0.0.1", create })).driver.kind).toBe("process");
  expect(closed).toEqual(["bubblewrap"]);
  await expect(chooseDriver({ wanted: "auto", host: "0.0.0.0", create })).rejects.toThrow(/bubblewrap is not there.*docker/);
});

test("a plain process that was asked for is refused for public hosting", async () => {
  const { create } = drivers(["process"]);
  expect((await chooseDriver({ wanted: "process", host: "localhost", create })).driver.kind).toBe("process");
  await expect(chooseDriver({ wanted: "process", host: "192.0.2.1", create })).rejects.toThrow(/isolates nothing/);
});

test("a driver that was asked for and does not work is named with the reason", async () => {
  const { create } = drivers(["bubblewrap", "process"]);
  await expect(chooseDriver({ wanted: "docker", host: "127.0.0.1", create })).rejects.toThrow(
    /docker, which does not work here: docker is not there/,
  );
});

import { expect, test } from "vitest";
import { chooseDriver } from "@/workers/codex-runner/containers/choose-driver";
import type { ContainerDriver, DriverKind, Isolation, Probe } from "@/workers/codex-runner/containers/container-driver";

const OPEN: Isolation = {
  fs: false,
  pids: false,
  net: "open",
  uid: "shared",
  limits: { memory: false, cpu: false, pids: false },
  seccomp: false,
};
const PUBLIC = "PUBLIC_URL is https://gateway.example";

function drivers(working: readonly DriverKind[], net: Isolation["net"] = "allow-list") {
  const closed: DriverKind[] = [];
  const create = async (kind: DriverKind) =>
    ({
      kind,
      probe: async (): Promise<Probe> =>
        working.includes(kind) ? { ok: true, isolation: { ...OPEN, net }, notes: [] } : { ok: false, why: `${kind} is not there` },
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

test("auto takes bubblewrap where it works, whoever it is offered to", async () => {
  const { choice } = drivers(["bubblewrap", "process"]);
  expect((await chooseDriver({ wanted: "auto", publicBy: PUBLIC, ...choice })).driver.kind).toBe("bubblewrap");
});

test("auto takes a plain process only where the product is offered to this machine alone", async () => {
  const { choice, closed, fallbacks } = drivers(["process"]);
  expect((await chooseDriver({ wanted: "auto", publicBy: null, ...choice })).driver.kind).toBe("process");
  expect(closed).toEqual(["bubblewrap"]);
  expect(fallbacks).toEqual(["bubblewrap is not there"]);
  await expect(chooseDriver({ wanted: "auto", publicBy: PUBLIC, ...choice })).rejects.toThrow(
    /bubblewrap is not there.*since PUBLIC_URL is https:.*docker/,
  );
});

test("auto never opens homes that were in sandboxes to each other", async () => {
  const { choice } = drivers(["process"]);
  const hasSandboxedHomes = async () => true;
  await expect(chooseDriver({ wanted: "auto", publicBy: null, ...choice, hasSandboxedHomes })).rejects.toThrow(/isolated any more/);
});

test("a plain process that was asked for is refused for public hosting", async () => {
  const { choice } = drivers(["process"]);
  expect((await chooseDriver({ wanted: "process", publicBy: null, ...choice })).driver.kind).toBe("process");
  await expect(chooseDriver({ wanted: "process", publicBy: PUBLIC, ...choice })).rejects.toThrow(/isolates nothing, and PUBLIC_URL is/);
});

test("a driver that was asked for and does not work is named with the reason", async () => {
  const { choice } = drivers(["bubblewrap", "process"]);
  await expect(chooseDriver({ wanted: "docker", publicBy: null, ...choice })).rejects.toThrow(
    /docker, which does not work here: docker is not there/,
  );
});

test("codex exec is refused where the driver cannot run it", async () => {
  const { choice, closed } = drivers(["docker"]);
  await expect(chooseDriver({ wanted: "docker", publicBy: null, ...choice, engine: "exec" })).rejects.toThrow(/CODEX_ENGINE=exec needs/);
  expect(closed).toEqual(["docker"]);
});

test.each([
  ["docker", /network of the containers is open.* DOCKER_FIREWALL=enforced/],
  ["kubernetes", /network of the containers is open.* KUBERNETES_NETWORK_POLICY=enforced/],
] as const)("public hosting on %s needs a network that is known to be closed", async (wanted, message) => {
  const open = drivers([wanted], "open");
  await expect(chooseDriver({ wanted, publicBy: PUBLIC, ...open.choice })).rejects.toThrow(message);
  expect(open.closed).toEqual([wanted]);
  expect((await chooseDriver({ wanted, publicBy: null, ...open.choice })).driver.kind).toBe(wanted);
  expect((await chooseDriver({ wanted, publicBy: PUBLIC, ...drivers([wanted]).choice })).driver.kind).toBe(wanted);
});

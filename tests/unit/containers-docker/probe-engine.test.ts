import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { onTestFinished, expect, test } from "vitest";
import { createDockerDriver, type DockerDriverOptions } from "@/workers/codex-runner/containers/docker/docker-driver";

const INFO = {
  ServerVersion: "28.0",
  OSType: "linux",
  Architecture: process.arch === "arm64" ? "aarch64" : "x86_64",
  KernelVersion: "6.1",
};
const UNUSED = () => Promise.reject(new Error("not used by a probe"));
const egress: DockerDriverOptions["egress"] = { doorUrl: "", openDoor: UNUSED, closeDoor: UNUSED, proxyUrl: () => "" };
/** Nothing listens there. */
const AWAY = { name: "away", address: "tcp://127.0.0.1:1" };

/** An engine at a TCP address, so that no door can be opened in its containers. */
async function startEngine(): Promise<{ name: string; address: string }> {
  const server = createServer((_request, response) => response.end(JSON.stringify(INFO)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { name: "north", address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function probe(engines: DockerDriverOptions["engines"], isFirewallEnforced: boolean) {
  const log = pino({ level: "silent" });
  const driver = createDockerDriver({ installation: "x", engines, tlsDir: null, runtime: null, isFirewallEnforced, egress, log });
  onTestFinished(() => driver.close());
  return driver.probe();
}

test("the network of containers elsewhere is open until the operator states the firewall", async () => {
  const engine = await startEngine();
  expect(await probe([engine], false)).toMatchObject({
    ok: true,
    isolation: { net: "open" },
    notes: expect.arrayContaining([expect.stringMatching(/^north: Containers reach .* DOCKER_FIREWALL=enforced/)]) as string[],
  });
  expect(await probe([engine, AWAY], true)).toMatchObject({
    ok: true,
    isolation: { net: "allow-list" },
    notes: expect.arrayContaining([expect.stringMatching(/^north: The operator has said/)]) as string[],
  });
});

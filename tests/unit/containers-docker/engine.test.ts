import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { openEngine } from "@/workers/codex-runner/containers/docker/engine";
import { makeCertificates } from "@/workers/simulator/chatgpt/certificates";

const NAMES = { names: ["engine.example"], addressesV4: ["127.0.0.1"] } as const;

/** An engine that says whose certificate it was shown. */
async function startTlsEngine(): Promise<{ address: string; tlsDir: string }> {
  const tlsDir = temporaryFolder();
  const { caPem, chainPem, keyPem } = await makeCertificates(NAMES);
  for (const [name, pem] of [
    ["ca.pem", caPem],
    ["cert.pem", chainPem],
    ["key.pem", keyPem],
  ] as const)
    writeFileSync(path.join(tlsDir, name), pem);
  const options = { ca: caPem, cert: chainPem, key: keyPem, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    response.end(JSON.stringify({ Name: subject?.CN ?? "nobody" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, tlsDir };
}

test("an engine elsewhere is spoken to over TLS, and shown our certificate", async () => {
  const { address, tlsDir } = await startTlsEngine();
  const engine = openEngine({ name: "north", address }, tlsDir);
  expect(engine.isLocal).toBe(false);
  expect(await engine.calls.info()).toEqual({ Name: "engine.example" });
});

test("an engine under another authority is not believed", async () => {
  const { address } = await startTlsEngine();
  const { tlsDir } = await startTlsEngine();
  await expect(openEngine({ name: "north", address }, tlsDir).calls.info()).rejects.toThrow(/certificate/);
});

test("an engine on the network is refused without TLS; one on this machine is not", () => {
  expect(() => openEngine({ name: "north", address: "tcp://192.0.2.1:2375" }, null)).toThrow(/north is at .* DOCKER_TLS_DIR/);
  for (const address of ["tcp://127.0.0.1:2375", "tcp://[::1]:2375", "unix:///run/docker.sock"]) {
    expect(openEngine({ name: "here", address }, null).address).toBe(address);
  }
});

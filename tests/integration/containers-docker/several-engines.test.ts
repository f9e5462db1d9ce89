import { existsSync } from "node:fs";
import Docker from "dockerode";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canStartDockerd, inNetworkOf, listenInside, serveOverTcp, startDockerd, type TestDockerd } from "@/tests/factories/docker";
import { connectCodex, dockerAccount, startTurn } from "@/tests/factories/docker-account";
import { type PacedModel, startPacedModel } from "@/tests/factories/paced-model";
import type { ContainerDriver, ContainerRef } from "@/workers/codex-runner/containers/container-driver";
import { createDockerDriver, type DockerDriverOptions } from "@/workers/codex-runner/containers/docker/docker-driver";

const EVERYWHERE = { address: "0.0.0.0", port: 3129 };
const NAMES = ["north", "south", "west"] as const;

type Place = { name: string; dockerd: TestDockerd; docker: Docker; port: number; close(): Promise<void> };

describe.runIf(canStartDockerd())("three Docker engines elsewhere", () => {
  let places: readonly Place[];
  let model: PacedModel;
  let driver: ContainerDriver;

  const egress: DockerDriverOptions["egress"] = {
    doorUrl: "http://unused.invalid:1",
    openDoor: async () => Promise.reject(new Error("no door can be opened on another machine")),
    closeDoor: async () => Promise.reject(new Error("no door can be closed on another machine")),
    proxyUrl: ({ accountId, fence, host }) => `http://${accountId}.${fence}:secret@${host}:${EVERYWHERE.port}`,
  };
  const newDriver = () =>
    createDockerDriver({
      installation: "docker-test",
      engines: places.map(({ name, port }) => ({ name, address: `tcp://127.0.0.1:${port}` })),
      tlsDir: null,
      runtime: null,
      isFirewallEnforced: false,
      egress,
      log: pino({ level: "silent" }),
    });

  beforeAll(async () => {
    model = startPacedModel();
    places = await Promise.all(NAMES.map((name) => startPlace(name, model)));
    driver = newDriver();
  });
  afterAll(async () => {
    for (const { ref } of await driver.list()) await driver.destroy(ref, { deleteHome: true });
    await driver.close();
    await model.close();
    await Promise.all(places.map((place) => place.close()));
  });

  const placeOf = (ref: ContainerRef) => places.find((place) => place.name === ref.host) as Place;

  test("accounts are spread over the engines, and each stays where its home is", async () => {
    const accounts = await Promise.all(NAMES.map(() => dockerAccount()));
    const refs: ContainerRef[] = [];
    for (const account of accounts) refs.push(await driver.ensure(account));
    expect(refs.map((ref) => ref.host).toSorted()).toEqual([...NAMES].toSorted());
    for (const ref of refs) await driver.destroy(ref, { deleteHome: false });
    const successor = newDriver();
    const again = await Promise.all(accounts.map((account) => successor.ensure(account)));
    expect(again.map((ref) => ref.host)).toEqual(refs.map((ref) => ref.host));
    await successor.close();
    for (const ref of again) await driver.destroy(ref, { deleteHome: true });
  });

  test("a turn goes over the engine's API and leaves by the proxy under the account's name", async () => {
    const account = await dockerAccount({ fence: 7 });
    const ref = await driver.ensure(account);
    const codex = await connectCodex(driver, ref);
    expect(await (await startTurn(codex)).ended).toEqual({ text: "Hello world", status: "completed" });
    expect(model.requests.at(-1)?.credentials).toBe(`${account.accountId}.7:secret`);
    expect(await driver.measureHome(ref)).toBeGreaterThan(100_000);
    codex.close();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("connections that are closed leave no process in the container", async () => {
    const ref = await driver.ensure(await dockerAccount());
    const box = placeOf(ref).docker.getContainer(ref.name);
    for (const _ of NAMES) (await connectCodex(driver, ref)).close();
    await expect.poll(async () => ((await box.top()) as { Processes: string[][] }).Processes.length).toBe(1);
    await driver.destroy(ref, { deleteHome: true });
  });

  test("a turn goes on when its connection is lost, and another connection finds Codex alive", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const abort = new AbortController();
    const stream = await driver.connect(ref, abort.signal);
    abort.abort();
    await expect.poll(() => stream.destroyed).toBe(true);
    expect(await driver.ensure(account)).toEqual({ ...ref, resumed: true });
    const codex = await connectCodex(driver, ref);
    expect(await (await startTurn(codex)).ended).toMatchObject({ status: "completed" });
    codex.close();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("a successor with another fence starts the container anew, because the former way out is closed", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const again = await driver.ensure({ ...account, fence: 2, host: ref.host });
    expect(again).toMatchObject({ host: ref.host, resumed: false });
    expect(again.instance).not.toBe(ref.instance);
    const codex = await connectCodex(driver, again);
    await (
      await startTurn(codex)
    ).ended;
    expect(model.requests.at(-1)?.credentials).toBe(`${account.accountId}.2:secret`);
    codex.close();
    await driver.destroy(again, { deleteHome: true });
  });

  test("from a container neither the outside nor another account can be reached", async () => {
    const place = places[0] as Place;
    const refs = [
      await driver.ensure(await dockerAccount({ host: place.name })),
      await driver.ensure(await dockerAccount({ host: place.name })),
    ];
    const [own, other] = await Promise.all(refs.map((ref) => place.docker.getContainer(ref.name).inspect()));
    const networkOf = (box: typeof own) => Object.values(box?.NetworkSettings.Networks ?? {})[0];
    const [pid, otherPid] = [own?.State.Pid ?? 0, other?.State.Pid ?? 0];
    model.serve(await listenInside(otherPid, { address: "0.0.0.0", port: 8080 }));
    const target = `${networkOf(other)?.IPAddress}:8080`;
    expect(await reach(otherPid, target)).toBe("open");
    expect(await reach(pid, target)).not.toBe("open");
    expect(await reach(pid, "192.0.2.1:443")).not.toBe("open");
    expect(await reach(pid, `${networkOf(own)?.Gateway}:${EVERYWHERE.port}`)).toBe("open");
    for (const ref of refs) await driver.destroy(ref, { deleteHome: true });
    expect((await place.docker.listNetworks({ filters: { label: ["switchyard.installation"] } })).length).toBe(0);
  });

  test("while an engine does not answer, its accounts wait and no second home is made", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const place = placeOf(ref);
    await place.dockerd.kill();
    await expect(driver.ensure({ ...account, host: ref.host })).rejects.toMatchObject({ reason: "unreachable" });
    await expect(driver.ensure(account)).rejects.toMatchObject({ reason: "unreachable" });
    expect((await driver.list()).filter((status) => status.ref.host === ref.host)).toEqual([]);
    expect(await driver.probe()).toMatchObject({ ok: true, notes: expect.arrayContaining([expect.stringContaining(`${ref.host} at`)]) });
    await place.dockerd.start();
    expect(await driver.ensure(account)).toEqual({ ...ref, resumed: true });
    await driver.destroy(ref, { deleteHome: true });
  });

  test("an account whose engine is not configured any more gets no other home", async () => {
    await expect(driver.ensure(await dockerAccount({ host: "east" }))).rejects.toMatchObject({ reason: "unreachable" });
  });
});

async function startPlace(name: string, model: PacedModel): Promise<Place> {
  const dockerd = await startDockerd();
  model.serve(await listenInside(dockerd.pid(), EVERYWHERE));
  const served = await serveOverTcp(dockerd.socketPath);
  const close = async () => {
    await served.close();
    await dockerd.stop();
  };
  return { name, dockerd, docker: new Docker({ socketPath: dockerd.socketPath }), port: served.port, close };
}

const REACH = `
const [host, port] = process.argv[1].split(":");
const socket = require("node:net").connect({ host, port: Number(port), timeout: 700 });
const end = (word) => { console.log(word); process.exit(); };
socket.on("connect", () => end("open")).on("timeout", () => end("silent")).on("error", (error) => end(error.code));`;

/** What a connection from the network namespace of this process comes to. */
async function reach(pid: number, target: string): Promise<string> {
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  return (await inNetworkOf(pid, [process.execPath, "-e", REACH, target])).trim();
}

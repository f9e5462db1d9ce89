import { existsSync, readFileSync, writeFileSync } from "node:fs";
import Docker from "dockerode";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canStartDockerd, inNetworkOf, listenInside, startDockerd, type TestDockerd } from "@/tests/factories/docker";
import { connectCodex, dockerAccount, startTurn } from "@/tests/factories/docker-account";
import { type PacedModel, startPacedModel } from "@/tests/factories/paced-model";
import type { ContainerChange, ContainerDriver, ContainerRef } from "@/workers/codex-runner/containers/container-driver";
import { createDockerDriver, type DockerDriverOptions } from "@/workers/codex-runner/containers/docker/docker-driver";

const DOOR = { address: "127.0.0.1", port: 3128 };
/** Of a home of 16 MiB. */
const FULL_BYTES = 17 * 1024 * 1024;
const TIGHT_BYTES = 24 * 1024 * 1024;
const PROMPT_BYTES = 12 * 1024 * 1024;

describe.runIf(canStartDockerd())("one Docker engine on this machine", () => {
  let dockerd: TestDockerd;
  let model: PacedModel;
  let driver: ContainerDriver;
  let docker: Docker;
  const doors: { accountId: string; fence: number; pid: number }[] = [];

  const egress: DockerDriverOptions["egress"] = {
    doorUrl: `http://${DOOR.address}:${DOOR.port}`,
    openDoor: async (door) => {
      const isOpen = doors.some((known) => known.pid === door.pid);
      doors.push(door);
      if (!isOpen) model.serve(await listenInside(door.pid, DOOR));
    },
    closeDoor: async () => undefined,
    proxyUrl: () => "http://unused.invalid:1",
  };
  const newDriver = (way = egress) =>
    createDockerDriver({
      installation: "docker-test",
      engines: [{ name: "here", address: `unix://${dockerd.socketPath}` }],
      tlsDir: null,
      runtime: null,
      isFirewallEnforced: false,
      egress: way,
      log: pino({ level: "silent" }),
    });

  beforeAll(async () => {
    dockerd = await startDockerd();
    model = startPacedModel();
    docker = new Docker({ socketPath: dockerd.socketPath });
    driver = newDriver();
  });
  afterAll(async () => {
    for (const { ref } of await driver.list()) await driver.destroy(ref, { deleteHome: true });
    await driver.close();
    await model.close();
    await dockerd.stop();
  });

  const pidOf = async (ref: ContainerRef) => (await docker.getContainer(ref.name).inspect()).State.Pid;
  const changesOf = (accountId: string) => {
    const changes: ContainerChange[] = [];
    const end = driver.watch((change) => {
      if (change.accountId === accountId) changes.push(change);
    });
    return { changes, end };
  };

  test("the probe tells what the engine gives", async () => {
    expect(await driver.probe()).toMatchObject({
      ok: true,
      isolation: { fs: true, pids: true, net: "allow-list", limits: { memory: true, cpu: true, pids: true }, seccomp: true },
    });
  });

  test("an account's Codex answers a turn", async () => {
    const ref = await driver.ensure(await dockerAccount());
    expect(ref).toMatchObject({ driver: "docker", host: "here", resumed: false, imageDigest: expect.stringMatching(/^sha256:/) });
    const codex = await connectCodex(driver, ref);
    const turn = await startTurn(codex);
    expect(await turn.ended).toEqual({ text: "Hello world", status: "completed" });
    codex.close();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("inside there are no rights, no writable root, no network and no other process", async () => {
    const ref = await driver.ensure(await dockerAccount());
    const box = await docker.getContainer(ref.name).inspect();
    const status = readFileSync(`/proc/${box.State.Pid}/status`, "utf8");
    expect(status).toMatch(/^CapBnd:\s0{16}$/m);
    expect(status).toMatch(/^CapEff:\s0{16}$/m);
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    expect(status).toMatch(/^Seccomp:\s2$/m);
    expect(status).toMatch(/^Uid:\s10001\s10001/m);
    expect(status).toMatch(/^NSpid:\s\d+\s1$/m);
    const mounts = readFileSync(`/proc/${box.State.Pid}/mounts`, "utf8")
      .split("\n")
      .map((line) => line.split(" "));
    const optionsOf = (path: string) => mounts.find((mount) => mount[1] === path)?.[3]?.split(",") ?? [];
    expect(optionsOf("/")).toContain("ro");
    expect(optionsOf("/tmp")).toEqual(expect.arrayContaining(["nosuid", "nodev", "noexec"]));
    expect((await inNetworkOf(box.State.Pid, ["ip", "-o", "link"])).trim().split("\n")).toHaveLength(1);
    expect(await inNetworkOf(box.State.Pid, ["ip", "route"])).toBe("");
    expect(box.HostConfig).toMatchObject({ Memory: 512 * 1024 * 1024, MemorySwap: 512 * 1024 * 1024, PidsLimit: 256, NanoCpus: 1e9 });
    expect(box.HostConfig.LogConfig?.Type).toBe("none");
    await driver.destroy(ref, { deleteHome: true });
  });

  test("two runners that ensure at the same time get one container", async () => {
    const account = await dockerAccount();
    const second = newDriver();
    const refs = await Promise.all([driver.ensure(account), second.ensure(account), driver.ensure(account)]);
    expect(new Set(refs.map((ref) => ref.instance)).size).toBe(1);
    const listed = (await driver.list()).filter((status) => status.accountId === account.accountId);
    expect(listed).toMatchObject([{ state: "running", ref: { instance: refs[0]?.instance } }]);
    await second.close();
    await driver.destroy(refs[0], { deleteHome: true });
  });

  test("a successor resumes what runs, and the door opens under its fence", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const successor = newDriver();
    expect(await successor.ensure({ ...account, fence: 2 })).toEqual({ ...ref, resumed: true });
    expect(doors.filter((door) => door.accountId === account.accountId).map((door) => door.fence)).toEqual([1, 2]);
    await successor.close();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("a runner that gets no door leaves the running container alone", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const openDoor = () => Promise.reject(new Error("A newer lease has this door."));
    const outdated = newDriver({ ...egress, openDoor });
    await expect(outdated.ensure(account)).rejects.toMatchObject({ reason: "failed", message: expect.stringContaining("newer lease") });
    expect(await driver.ensure(account)).toEqual({ ...ref, resumed: true });
    await outdated.close();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("a stop lets the running turn end and proves that the container is gone", async () => {
    const ref = await driver.ensure(await dockerAccount());
    const pid = await pidOf(ref);
    const codex = await connectCodex(driver, ref);
    model.hold();
    const turn = await startTurn(codex);
    await turn.firstText;
    const stopped = driver.stop(ref, 20_000);
    model.release();
    expect(await turn.ended).toEqual({ text: "Hello world", status: "completed" });
    await stopped;
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    codex.close();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("the home survives a stop and a new container, and goes with the account", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const volume = await docker.getVolume(ref.name).inspect();
    writeFileSync(`${volume.Mountpoint}/signed-in`, "");
    await driver.stop(ref, 5_000);
    const again = await driver.ensure(account);
    expect(again).toMatchObject({ instance: ref.instance, resumed: false });
    expect(existsSync(`${volume.Mountpoint}/signed-in`)).toBe(true);
    expect(await driver.measureHome(again)).toBeGreaterThan(100_000);
    await driver.stop(again, 5_000);
    const changed = await driver.ensure({ ...account, limits: { ...account.limits, memoryMiB: 256 } });
    expect(changed.instance).not.toBe(ref.instance);
    expect(existsSync(`${volume.Mountpoint}/signed-in`)).toBe(true);
    await driver.destroy(changed, { deleteHome: true });
    expect(existsSync(volume.Mountpoint)).toBe(false);
    await expect(docker.getVolume(ref.name).inspect()).rejects.toThrow(/404/);
  });

  test("a log database that outgrew its home is emptied before the next start; a home that is full otherwise does not start", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const { Mountpoint } = await docker.getVolume(ref.name).inspect();
    await driver.stop(ref, 5_000);
    writeFileSync(`${Mountpoint}/logs_2.sqlite`, Buffer.alloc(FULL_BYTES));
    await driver.ensure({ ...account, limits: { ...account.limits, homeMiB: 16 } });
    expect(await driver.measureHome(ref)).toBeLessThan(8_000_000);
    await driver.stop(ref, 5_000);
    writeFileSync(`${Mountpoint}/something`, Buffer.alloc(FULL_BYTES));
    await expect(driver.ensure({ ...account, limits: { ...account.limits, homeMiB: 16 } })).rejects.toMatchObject({ reason: "no_space" });
    await driver.destroy(ref, { deleteHome: true });
  });

  test("a killed container ends its turn, is told, and starts again", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const { changes, end } = changesOf(account.accountId);
    await expect.poll(() => changes).toMatchObject([{ state: "running" }]);
    const codex = await connectCodex(driver, ref);
    model.hold();
    const turn = await startTurn(codex);
    await turn.firstText;
    process.kill(await pidOf(ref), "SIGKILL");
    await expect(turn.ended).rejects.toThrow();
    await expect.poll(() => changes.at(-1)).toMatchObject({ state: "exited", code: 137, oom: false });
    model.release();
    const again = await driver.ensure(account);
    expect(again.resumed).toBe(false);
    const next = await connectCodex(driver, again);
    expect(await (await startTurn(next)).ended).toMatchObject({ text: "Hello world" });
    next.close();
    end();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("a turn outlives a killed dockerd, and the driver finds the container again", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const { changes, end } = changesOf(account.accountId);
    await expect.poll(() => changes).toMatchObject([{ state: "running" }]);
    const codex = await connectCodex(driver, ref);
    model.hold();
    const turn = await startTurn(codex);
    await turn.firstText;
    await dockerd.kill();
    model.release();
    expect(await turn.ended).toEqual({ text: "Hello world", status: "completed" });
    expect(await (await startTurn(await connectCodex(driver, ref))).ended).toMatchObject({ status: "completed" });
    await expect(driver.ensure(account)).rejects.toMatchObject({ reason: "unreachable" });
    await dockerd.start();
    expect(await driver.ensure(account)).toEqual({ ...ref, resumed: true });
    process.kill(await pidOf(ref), "SIGKILL");
    await expect.poll(() => changes.map((change) => change.state), { timeout: 15_000 }).toEqual(["running", "exited"]);
    codex.close();
    end();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("a container over its memory is killed and told so", async () => {
    const account = await dockerAccount();
    const ref = await driver.ensure(account);
    const { changes, end } = changesOf(account.accountId);
    await expect.poll(() => changes).toMatchObject([{ state: "running" }]);
    const codex = await connectCodex(driver, ref);
    await docker.getContainer(ref.name).update({ Memory: TIGHT_BYTES, MemorySwap: TIGHT_BYTES });
    await expect(startTurn(codex, "x".repeat(PROMPT_BYTES))).rejects.toThrow();
    await expect.poll(() => changes.at(-1), { timeout: 15_000 }).toMatchObject({ state: "exited", code: 137, oom: true });
    end();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("a start that fails says what Codex said", async () => {
    const account = await dockerAccount({ args: ["app-server", "--no-such-flag"] });
    await expect(driver.ensure(account)).rejects.toMatchObject({
      reason: "failed",
      message: expect.stringMatching(/exit code 2.*--no-such-flag/s),
    });
    const [status] = (await driver.list()).filter((found) => found.accountId === account.accountId);
    expect(status?.state).toBe("stopped");
    await driver.destroy(status?.ref as ContainerRef, { deleteHome: true });
  });

  test("an engine that is not there is missing", async () => {
    const nowhere = createDockerDriver({
      installation: "docker-test",
      engines: [{ name: "nowhere", address: "unix:///run/switchyard/no-engine.sock" }],
      tlsDir: null,
      runtime: null,
      isFirewallEnforced: false,
      egress,
      log: pino({ level: "silent" }),
    });
    expect(await nowhere.probe()).toMatchObject({ ok: false, why: expect.stringContaining("start dockerd") });
    await expect(nowhere.ensure(await dockerAccount())).rejects.toMatchObject({ reason: "driver_missing" });
    await nowhere.close();
  });
});

import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "@/lib/ids/ids";
import {
  type ContainerCalls,
  type ContainerProcess,
  type EgressCalls,
  type TestMachine,
  testMachine,
  testUsers,
} from "@/tests/factories/containers";
import { type TestDatabase, testDatabase } from "@/tests/factories/database";
import { isProcessAlive } from "@/workers/shared/process-table";

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

describe.each(testUsers())("a bubblewrap container of $name", (user) => {
  let machine: TestMachine;
  let egress: ContainerProcess<EgressCalls>;
  let runner: ContainerProcess<ContainerCalls>;

  beforeAll(async () => {
    machine = await testMachine(user, { databaseUrl: db.url, leaseS: 15, targets: [] });
    egress = await machine.startEgress();
    runner = await machine.startRunner("bubblewrap");
  });
  afterAll(() => machine.close());

  const homeOf = (accountId: string) => path.join(machine.dataDir, "codex", "homes", accountId);

  test("the probe says which isolation is really there", async () => {
    const probe = await runner.probe();
    expect(probe).toMatchObject({
      ok: true,
      isolation: { fs: true, pids: true, net: "allow-list", uid: user.uid === 0 ? "per-account" : "shared", seccomp: false },
    });
    expect(probe.ok && probe.isolation.limits).toMatchObject({ memory: true, pids: true });
  });

  test("Codex answers over every connection, and ends when it is stopped", async () => {
    const account = { accountId: newId("acct"), fence: 1 };
    const ref = await runner.ensure(account);
    expect(ref).toMatchObject({ driver: "bubblewrap", resumed: false, binaryDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(await Promise.all([runner.initialize(ref), runner.initialize(ref)])).toEqual(["initialized", "initialized"]);
    const { codex } = (await runner.processesOf(account.accountId))!;
    await runner.stop(ref, 5_000);
    expect(isProcessAlive(codex!)).toBe(false);
    expect((await runner.list()).find((status) => status.accountId === account.accountId)?.state).toBe("stopped");
    expect(await runner.measureHome(ref)).toBeGreaterThan(0);
    const again = await runner.ensure({ ...account, fence: 2 });
    expect(again.resumed).toBe(false);
    expect(again.instance).not.toBe(ref.instance);
    await runner.destroy(again, { deleteHome: true });
    expect(existsSync(homeOf(account.accountId))).toBe(false);
    expect((await runner.list()).map((status) => status.accountId)).not.toContain(account.accountId);
  });

  test("two runners that start the same account at one time make one container", async () => {
    const account = { accountId: newId("acct"), fence: 1 };
    const other = await machine.startRunner("bubblewrap");
    const refs = await Promise.all([runner.ensure(account), other.ensure(account), runner.ensure(account)]);
    expect(new Set(refs.map((ref) => ref.instance)).size).toBe(1);
    expect(refs.filter((ref) => !ref.resumed)).toHaveLength(1);
    await other.kill();
  });

  test("a runner under an older lease gets nothing of a container that is driven under a newer one", async () => {
    const accountId = newId("acct");
    await runner.ensure({ accountId, fence: 5 });
    await expect(runner.ensure({ accountId, fence: 4 })).rejects.toMatchObject({ reason: "failed" });
  });

  test("inside there is nothing of the machine, of other accounts or of another network", async () => {
    const [mine, other] = [newId("acct"), newId("acct")];
    const ref = await runner.ensure({ accountId: other, fence: 1 });
    writeFileSync(path.join(homeOf(other), "auth.json"), "{}");
    await runner.destroy(await runner.ensure({ accountId: mine, fence: 1 }), { deleteHome: false });

    const files = await runner.seenInside(mine, ["--files", "--hidden", "--no-ignore", "/"]);
    expect(files).toContain("/codex-home/config.toml");
    const places = new Set(
      files
        .split("\n")
        .filter((line) => line.startsWith("/"))
        .map((line) => line.split("/")[1]),
    );
    expect(places).toEqual(new Set(["codex-home", "dev", "etc", "opt", "proc"]));
    expect(files).not.toContain("auth.json");

    const names = ["/proc/self/status", "/proc/self/mountinfo", "/proc/net/dev"];
    const seen = await runner.seenInside(mine, ["--no-heading", "--with-filename", "", ...names]);
    expect(seen).toMatch(/status:CapEff:\s+0000000000000000\n/);
    expect(seen).toMatch(/status:CapBnd:\s+0000000000000000\n/);
    expect(seen).toMatch(/status:NoNewPrivs:\s+1\n/);
    expect(seen.split("\n").filter((line) => /dev:\s*\w+:\s/.test(line))).toHaveLength(1);
    expect(seen).toMatch(/dev:\s+lo:/);
    const mounts = seen
      .split("\n")
      .filter((line) => line.includes("mountinfo:"))
      .map((line) => line.split(" "));
    const writable = mounts.filter((mount) => mount[5]?.startsWith("rw")).map((mount) => mount[4]);
    expect(writable).toEqual(expect.arrayContaining(["/codex-home", "/tmp"]));
    expect(writable.filter((place) => !/^\/(codex-home|tmp|proc|dev)(\/|$)/.test(place ?? ""))).toEqual([]);
    expect(writable).not.toContain("/dev");
    const inMemory = mounts.filter((mount) => mount.includes("tmpfs") && ["/tmp", "/dev/shm"].includes(mount[4] ?? ""));
    expect(inMemory.map((mount) => /size=(\d+)k/.exec(mount.at(-1) ?? "")?.[1])).toEqual(["8192", "65536"]);
    const processes = await runner.seenInside(mine, ["--files", "--max-depth", "2", "--glob", "/proc/[0-9]*/comm", "/proc"]);
    expect(processes.split("\n").filter(Boolean).length).toBeLessThanOrEqual(2);
    await runner.destroy(ref, { deleteHome: true });
  });

  test("a container that puts a link in the place of its socket is not connected to through it", async () => {
    const [mine, other] = [newId("acct"), newId("acct")];
    const [ref, victim] = [await runner.ensure({ accountId: mine, fence: 1 }), await runner.ensure({ accountId: other, fence: 1 })];
    const socketsOf = (accountId: string) => path.join(machine.dataDir, "codex", "run", accountId, "sockets");
    const [name = ""] = readdirSync(socketsOf(mine));
    rmSync(path.join(socketsOf(mine), name));
    symlinkSync(path.join(socketsOf(other), name), path.join(socketsOf(mine), name));
    await expect(runner.initialize(ref)).rejects.toMatchObject({ reason: "failed", message: expect.stringMatching(/not connected to/) });
    for (const one of [ref, victim]) await runner.destroy(one, { deleteHome: true });
  });

  test("a home is closed to everybody else, and the setup's files replace whatever lies in their place", async () => {
    const accountId = newId("acct");
    const ref = await runner.ensure({ accountId, fence: 1 });
    await runner.stop(ref, 0);
    const again = await runner.ensure({ accountId, fence: 1, files: [{ name: "config.toml", content: "# of the second start\n" }] });
    const home = lstatSync(homeOf(accountId));
    expect(home.mode & 0o777).toBe(0o700);
    const config = lstatSync(path.join(homeOf(accountId), "config.toml"));
    expect([config.mode & 0o777, config.uid]).toEqual([0o600, home.uid]);
    expect(readFileSync(path.join(homeOf(accountId), "config.toml"), "utf8")).toBe("# of the second start\n");
    const neighbour = newId("acct");
    const other = await runner.ensure({ accountId: neighbour, fence: 1 });
    const users = new Set([user.uid, home.uid, lstatSync(homeOf(neighbour)).uid]);
    expect(users.size).toBe(user.uid === 0 ? 3 : 1);
    await runner.destroy(other, { deleteHome: true });
    await runner.destroy(again, { deleteHome: true });
  });

  test("a container outlives its runner's kill -9, and the next runner finds it and drives it on", async () => {
    const account = { accountId: newId("acct"), fence: 1 };
    const first = await machine.startRunner("bubblewrap");
    const ref = await first.ensure(account);
    await first.kill();
    const second = await machine.startRunner("bubblewrap");
    const found = (await second.list()).find((status) => status.accountId === account.accountId);
    expect(found).toMatchObject({ state: "running", ref: { instance: ref.instance } });
    expect(await second.initialize(found!.ref)).toBe("initialized");
    expect(await second.ensure({ ...account, fence: 2 })).toMatchObject({ instance: ref.instance, resumed: true });
    await second.destroy(ref, { deleteHome: true });
    await second.kill();
  });

  test("whoever kills Codex is told of by watch, and the container starts anew", async () => {
    const watcher = await machine.startRunner("bubblewrap");
    const account = { accountId: newId("acct"), fence: 1 };
    const ref = await watcher.ensure(account);
    const change = watcher.nextChange();
    process.kill((await watcher.processesOf(account.accountId))!.codex!, "SIGTERM");
    expect(await change).toMatchObject({ accountId: account.accountId, state: "exited", oom: false });
    const again = await watcher.ensure(account);
    expect(again.instance).not.toBe(ref.instance);
    await watcher.destroy(again, { deleteHome: true });
    await watcher.kill();
  });

  test("the end of the sandbox's root is the end of everything in it", async () => {
    const accountId = newId("acct");
    const ref = await runner.ensure({ accountId, fence: 1 });
    const { root, codex } = (await runner.processesOf(accountId))!;
    process.kill(root, "SIGKILL");
    await runner.stop(ref, 0);
    expect([root, codex!].map(isProcessAlive)).toEqual([false, false]);
  });

  test("a start that fails says why in the words of Codex and leaves nothing behind", async () => {
    const accountId = newId("acct");
    await expect(runner.ensure({ accountId, fence: 1, args: ["no-such-command"] })).rejects.toMatchObject({
      reason: "failed",
      message: expect.stringMatching(/It said: .*(unexpected|unrecognized|error)/s),
    });
    expect(await runner.processesOf(accountId)).toBeNull();
  });

  test("a Codex that needs more memory than its container may have does not come up", async () => {
    const call = { accountId: newId("acct"), fence: 1, limits: { memoryMiB: 8 } };
    await expect(runner.ensure(call)).rejects.toMatchObject({ reason: "failed" });
    expect(await runner.processesOf(call.accountId)).toBeNull();
  });

  test("a CLI that is not there is a missing driver", async () => {
    const call = { accountId: newId("acct"), fence: 1, vendorDir: path.join(machine.dataDir, "nowhere") };
    await expect(runner.ensure(call)).rejects.toMatchObject({ reason: "driver_missing" });
  });

  test("a home beyond its bound loses its log database, and is full when that is not enough", async () => {
    const accountId = newId("acct");
    const limits = { homeMiB: 16 };
    const ref = await runner.ensure({ accountId, fence: 1, limits });
    await runner.stop(ref, 0);
    const log = path.join(homeOf(accountId), "logs_2.sqlite");
    const grow = (file: string) => {
      writeFileSync(file, "");
      truncateSync(file, 17 * 1024 * 1024);
    };
    grow(log);
    const again = await runner.ensure({ accountId, fence: 1, limits });
    expect(await runner.measureHome(again)).toBeLessThan(16 * 1024 * 1024);
    await runner.stop(again, 0);
    grow(path.join(homeOf(accountId), "something-else"));
    await expect(runner.ensure({ accountId, fence: 1, limits })).rejects.toMatchObject({ reason: "no_space" });
    await runner.destroy(again, { deleteHome: true });
  });

  test("without an egress proxy no container comes up", async () => {
    await egress.close();
    await egress.kill();
    await expect(runner.ensure({ accountId: newId("acct"), fence: 1 })).rejects.toMatchObject({ reason: "unreachable" });
    egress = await machine.startEgress();
  });
});

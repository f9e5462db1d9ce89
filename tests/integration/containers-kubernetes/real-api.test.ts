import { once } from "node:events";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "@/lib/ids/ids";
import { newInstallation, startCluster, type TestCluster, whyNoCluster } from "@/tests/factories/kubernetes";
import { type ScriptedNode, startScriptedNode } from "@/tests/factories/scripted-node";
import type { AccountContainer, ContainerChange, ContainerDriver, ContainerRef } from "@/workers/codex-runner/containers/container-driver";
import { claimName, FENCE, podName } from "@/workers/codex-runner/containers/kubernetes/account-objects";
import { createKubernetesDriver, type KubernetesDriverOptions } from "@/workers/codex-runner/containers/kubernetes/kubernetes-driver";

const IMAGE = `registry.test/codex@sha256:${"a".repeat(64)}`;
const HANDSHAKE = "GET / HTTP/1.1\r\n\r\n";

const why = whyNoCluster();

/** The real API and store; what the controllers and a node do is played. */
function suite(): void {
  const installation = newInstallation();
  let cluster: TestCluster;
  let node: ScriptedNode;
  let driver: ContainerDriver;

  const newDriver = (overrides: Partial<KubernetesDriverOptions> = {}) =>
    createKubernetesDriver({
      installation,
      cluster: { configFile: cluster.configFile, namespace: cluster.namespace },
      images: new Map([["0.169.0", IMAGE]]),
      storageClass: null,
      egress: { ip: "10.1.2.3", port: 3129, proxyUrl: ({ accountId, fence, host }) => `http://${accountId}.${fence}:secret@${host}:3129` },
      isPolicyEnforced: false,
      log: pino({ level: "silent" }),
      ...overrides,
    });

  beforeAll(async () => {
    cluster = await startCluster();
    node = await startScriptedNode(cluster);
    driver = newDriver();
  });
  afterAll(async () => {
    await driver.close();
    await node.close();
    await cluster.stop();
  });

  const setOf = ({ name }: ContainerRef) => cluster.apps.readNamespacedStatefulSet({ namespace: cluster.namespace, name });
  const secretsOf = async ({ accountId }: ContainerRef) => {
    const labelSelector = `switchyard.account=${accountId}`;
    return (await cluster.core.listNamespacedSecret({ namespace: cluster.namespace, labelSelector })).items;
  };
  const gone = expect.objectContaining({ code: 404 });

  test("the driver's own list of rights is enough, and one less is named", async () => {
    expect(await driver.probe()).toMatchObject({ ok: true, isolation: { net: "open", limits: { pids: false } } });
    expect(await newDriver({ isPolicyEnforced: true }).probe()).toMatchObject({ ok: true, isolation: { net: "allow-list" } });
    const role = await cluster.rbac.readNamespacedRole({ namespace: cluster.namespace, name: "runner" });
    await cluster.rbac.replaceNamespacedRole({
      namespace: cluster.namespace,
      name: "runner",
      body: { metadata: { name: "runner" }, rules: role.rules?.filter(({ resources }) => !resources?.includes("pods/exec")) },
    });
    const poorer = await driver.probe();
    await cluster.rbac.replaceNamespacedRole({
      namespace: cluster.namespace,
      name: "runner",
      body: { metadata: { name: "runner" }, rules: role.rules },
    });
    expect(poorer).toEqual({ ok: false, why: "in namespace lanes the runner may not get pods/exec, create pods/exec" });
  });

  test("an account gets one set, one policy and one setup, and is found again", async () => {
    const account = newAccount({ caPem: "-- another authority --" });
    const ref = await driver.ensure(account);
    expect(ref).toMatchObject({
      driver: "kubernetes",
      resumed: false,
      imageDigest: `sha256:${"a".repeat(64)}`,
      accountId: account.accountId,
    });
    expect(ref.instance).toMatch(/^docker:\/\/\d+$/);
    expect(await driver.ensure({ ...account, host: ref.host })).toEqual({ ...ref, resumed: true });
    const [policy, secrets, set] = await Promise.all([
      cluster.networking.readNamespacedNetworkPolicy({ namespace: cluster.namespace, name: ref.name }),
      secretsOf(ref),
      setOf(ref),
    ]);
    expect(policy.spec?.egress?.[0]?.ports).toEqual([{ port: 3129, protocol: "TCP" }]);
    expect(secrets).toHaveLength(1);
    expect(decoded(secrets[0]?.data?.HTTPS_PROXY)).toBe(`http://${account.accountId}.1:secret@10.1.2.3:3129`);
    expect(decoded(secrets[0]?.data?.["config.toml"])).toBe('model = "x"\n');
    expect(set.spec?.replicas).toBe(1);
    expect(await driver.list()).toContainEqual({ accountId: account.accountId, state: "running", ref: { ...ref, resumed: true } });
    await driver.destroy(ref, { deleteHome: true });
    expect((await driver.list()).filter(({ accountId }) => accountId === account.accountId)).toEqual([]);
    expect(await secretsOf(ref)).toEqual([]);
  });

  test("what is written to a connection arrives, and its answer comes back, whatever the bytes", async () => {
    const ref = await driver.ensure(newAccount());
    const stream = await driver.connect(ref);
    stream.write(HANDSHAKE);
    const [answer] = (await once(stream, "data")) as [Buffer];
    expect(answer.toString()).toContain("101 Switching Protocols");
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 256));
    let back = Buffer.alloc(0);
    const all = new Promise<void>((resolve) => {
      stream.on("data", (chunk: Buffer) => {
        back = Buffer.concat([back, chunk]);
        if (back.length === sent.length) resolve();
      });
    });
    stream.write(sent);
    await all;
    expect(back.equals(sent)).toBe(true);
    stream.destroy();
    const abort = new AbortController();
    const other = await driver.connect(ref, abort.signal);
    abort.abort();
    await expect.poll(() => other.destroyed).toBe(true);
    await driver.destroy(ref, { deleteHome: true });
  });

  test("the size of a home is told by a program in its pod", async () => {
    const ref = await driver.ensure(newAccount());
    expect(await driver.measureHome(ref)).toBe(123_456);
    await driver.destroy(ref, { deleteHome: true });
  });

  test("stopped, an account keeps its home and starts again in the same one", async () => {
    const account = newAccount();
    const ref = await driver.ensure(account);
    const claim = { namespace: cluster.namespace, name: claimName(ref.name) };
    const { metadata } = await cluster.core.readNamespacedPersistentVolumeClaim(claim);
    await driver.stop(ref, 7_000);
    expect(node.graces.at(-1)).toBeLessThanOrEqual(30);
    await expect(cluster.core.readNamespacedPod({ namespace: cluster.namespace, name: podName(ref.name) })).rejects.toEqual(gone);
    expect((await driver.list()).find(({ accountId }) => accountId === account.accountId)?.state).toBe("stopped");
    const again = await driver.ensure({ ...account, files: [{ name: "config.toml", content: "# another\n" }] });
    expect(again).toMatchObject({ name: ref.name, resumed: false });
    expect(again.instance).not.toBe(ref.instance);
    expect((await cluster.core.readNamespacedPersistentVolumeClaim(claim)).metadata?.uid).toBe(metadata?.uid);
    const secrets = await secretsOf(ref);
    expect(secrets.map(({ data }) => decoded(data?.["config.toml"]))).toEqual(["# another\n"]);
    await driver.destroy(again, { deleteHome: false });
    expect((await cluster.core.readNamespacedPersistentVolumeClaim(claim)).metadata?.uid).toBe(metadata?.uid);
    const last = await driver.ensure(account);
    await driver.destroy(last, { deleteHome: true });
    await expect(cluster.core.readNamespacedPersistentVolumeClaim(claim)).rejects.toEqual(gone);
  });

  test("a newer lease makes a new pod with its own way out, and the older one changes nothing any more", async () => {
    const account = newAccount();
    const ref = await driver.ensure(account);
    const successor = newDriver();
    const moved = await successor.ensure({ ...account, fence: 2, host: ref.host });
    expect(moved).toMatchObject({ name: ref.name, resumed: false });
    expect(moved.instance).not.toBe(ref.instance);
    await expect(driver.ensure(account)).rejects.toMatchObject({
      reason: "failed",
      message: expect.stringContaining("its lease is 2, ours 1"),
    });
    expect(await successor.ensure({ ...account, fence: 2 })).toEqual({ ...moved, resumed: true });
    expect((await setOf(ref)).metadata?.annotations?.[FENCE]).toBe("2");
    await successor.destroy(moved, { deleteHome: true });
    await successor.close();
  });

  test("of many runners that start one account at once, the newest lease has it, and there is one pod", async () => {
    const account = newAccount();
    const fences = [1, 2, 3, 4];
    const drivers = fences.map(() => newDriver());
    const starts = await Promise.allSettled(drivers.map((one, at) => one.ensure({ ...account, fence: fences[at] ?? 0 })));
    const last = starts.at(-1);
    expect(last).toMatchObject({ status: "fulfilled" });
    const ref = (last as PromiseFulfilledResult<ContainerRef>).value;
    expect((await setOf(ref)).metadata?.annotations?.[FENCE]).toBe("4");
    const proxyUrl = `http://${account.accountId}.4:secret@10.1.2.3:3129`;
    const pod = await cluster.core.readNamespacedPod({ namespace: cluster.namespace, name: podName(ref.name) });
    const setup = pod.spec?.volumes?.find(({ name }) => name === "setup")?.secret?.secretName;
    const secret = (await secretsOf(ref)).find(({ metadata }) => metadata?.name === setup);
    expect(decoded(secret?.data?.HTTPS_PROXY)).toBe(proxyUrl);
    await driver.destroy(ref, { deleteHome: true });
    expect(await secretsOf(ref)).toEqual([]);
    await Promise.all(drivers.map((one) => one.close()));
  });

  test("as long as a node does not say that the former pod is gone, no other is started", async () => {
    const account = newAccount();
    const ref = await driver.ensure(account);
    node.isSilent = true;
    const successor = newDriver({ goneMs: 500 });
    await expect(successor.ensure({ ...account, fence: 2 })).rejects.toMatchObject({ reason: "unreachable" });
    expect((await setOf(ref)).spec?.replicas).toBe(0);
    expect((await driver.list()).find(({ accountId }) => accountId === account.accountId)?.state).toBe("running");
    node.isSilent = false;
    const moved = await successor.ensure({ ...account, fence: 2 });
    await successor.destroy(moved, { deleteHome: true });
    await successor.close();
  });

  test("Codex that ends at its start is told with its last words, and is not left behind", async () => {
    node.outcome = { kind: "ended", exitCode: 1, message: "\u001b[31mERROR\u001b[0m no such model" };
    const account = newAccount();
    await expect(driver.ensure(account)).rejects.toMatchObject({
      reason: "failed",
      message: "Codex ended at its start (exit code 1). ERROR no such model",
    });
    node.outcome = { kind: "ended", exitCode: 137, message: "", reason: "OOMKilled" };
    await expect(driver.ensure(account)).rejects.toMatchObject({ message: "Codex ended at its start (out of memory)." });
    node.outcome = { kind: "waiting", reason: "ImagePullBackOff", message: "Back-off pulling image" };
    await expect(driver.ensure(account)).rejects.toMatchObject({
      message: "Its pod does not start: ImagePullBackOff: Back-off pulling image",
    });
    expect((await driver.list()).find(({ accountId }) => accountId === account.accountId)?.state).toBe("stopped");
    node.outcome = { kind: "running" };
    await driver.destroy(await driver.ensure(account), { deleteHome: true });
  });

  test("who watches hears of starts, of crashes with their cause, and of ends, also after the API was away", async () => {
    const heard: ContainerChange[] = [];
    const end = driver.watch((change) => heard.push(change));
    const account = newAccount();
    const { accountId } = account;
    const ref = await driver.ensure(account);
    await expect.poll(() => heard.splice(0)).toEqual([{ accountId, state: "running", code: null, oom: false }]);
    await node.crash(podName(ref.name), { exitCode: 137, reason: "OOMKilled" });
    await expect.poll(() => heard.length).toBe(2);
    expect(heard.splice(0)).toEqual([
      { accountId, state: "exited", code: 137, oom: true },
      { accountId, state: "running", code: null, oom: false },
    ]);
    await cluster.kill();
    await expect(driver.ensure(account)).rejects.toMatchObject({ reason: "unreachable" });
    await cluster.start();
    expect(await driver.ensure(account)).toMatchObject({ resumed: true });
    await driver.destroy(ref, { deleteHome: true });
    await expect.poll(() => heard.map(({ state }) => state), { timeout: 15_000 }).toEqual(["lost"]);
    end();
  });

  test("two installations in one namespace do not see each other", async () => {
    const ref = await driver.ensure(newAccount());
    const other = newDriver({ installation: newInstallation() });
    expect(await other.list()).toEqual([]);
    await other.close();
    await driver.destroy(ref, { deleteHome: true });
  });

  test("an account whose home is in another cluster gets no second home here", async () => {
    await expect(driver.ensure(newAccount({ host: "lanes-elsewhere" }))).rejects.toMatchObject({ reason: "unreachable" });
  });

  test("a version without an image, and a namespace that is not there, are told to the operator", async () => {
    await expect(driver.ensure(newAccount({ codexVersion: "9.9.9" }))).rejects.toMatchObject({
      reason: "driver_missing",
      message: "KUBERNETES_IMAGES names no image of Codex 9.9.9.",
    });
    const elsewhere = newDriver({ cluster: { configFile: cluster.configFile, namespace: "nowhere" } });
    expect(await elsewhere.probe()).toMatchObject({ ok: false });
    await elsewhere.close();
  });
}

const tried =
  why === null ? suite : () => test("is not tried here", () => console.warn(`Kubernetes driver tried on its objects only: ${why}`));
describe("the Kubernetes driver on a real API", () => {
  tried();
});

function newAccount(overrides: Partial<AccountContainer> = {}): AccountContainer {
  return {
    accountId: newId("acct"),
    fence: 1,
    codexVersion: "0.169.0",
    vendorDir: "/nowhere",
    args: ["app-server"],
    env: {},
    files: [{ name: "config.toml", content: 'model = "x"\n' }],
    caPem: null,
    limits: { memoryMiB: 512, cpus: 1, pids: 256, homeMiB: 256 },
    host: null,
    ...overrides,
  };
}

function decoded(data: string | undefined): string {
  return Buffer.from(data ?? "", "base64").toString("utf8");
}

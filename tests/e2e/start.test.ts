import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { READY, startProduct } from "@/tests/factories/start-product";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { isProcessAlive } from "@/workers/shared/process-table";

const readyz = async (url: string) => (await fetch(`${url}/readyz`)).status;

test("the first start tells address, admin and one-time password, the next start none; a stop leaves nothing running", async () => {
  const dataDir = path.join(temporaryFolder(), "data");
  const first = await startProduct(dataDir);
  await first.said(READY);
  expect(first.output()).toContain(`Switchyard is ready: ${first.url}`);
  expect(first.output()).toMatch(/^Admin: +admin\nOne-time password: \S{12,}$/m);
  expect(first.output()).toContain("SIMULATED");
  expect(first.output()).toContain(`SWITCHYARD_DATA_DIR=${dataDir} npm run --silent admin -- customer create`);
  expect(first.output()).not.toContain('{"level"');
  expect(JSON.parse(readFileSync(path.join(dataDir, "installation.json"), "utf8"))).toMatchObject({ PUBLIC_URL: first.url });
  expect(await readyz(first.url)).toBe(200);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  const processes = [first.postgresPid(), ...["web", "background", "simulator"].map(first.workerPid)];
  process.kill(first.pid, "SIGTERM");
  expect(await first.exited).toBe(0);
  expect(processes.filter(isProcessAlive)).toEqual([]);

  const second = await startProduct(dataDir);
  await second.said(READY);
  expect(second.output()).not.toContain("One-time password");
});

test.runIf(process.platform === "linux")("the simulator is told none of the secrets", async () => {
  const running = await startProduct(temporaryFolder(), { NEXTAUTH_SECRET: "a secret of the screens alone, 32 chars" });
  await running.said(READY);
  const told = readFileSync(`/proc/${running.workerPid("simulator")}/environ`, "utf8");
  expect(told).toContain("HOST=127.0.0.1");
  expect(told).not.toMatch(/NEXTAUTH_SECRET|DATABASE_URL|SWITCHYARD_|a secret of the screens/);
});

test("a second start on the same data folder is refused and disturbs nothing", async () => {
  const running = await startProduct(temporaryFolder());
  await running.said(READY);
  const second = await startProduct(running.dataDir);
  expect(await second.exited).toBe(1);
  expect(second.output()).toContain(`Switchyard already runs on ${running.dataDir} (process ${running.pid})`);
  expect(await readyz(running.url)).toBe(200);
});

test("whatever dies while it runs is started again: the web process, the database", async () => {
  const running = await startProduct(temporaryFolder());
  await running.said(READY);
  process.kill(running.workerPid("web"), "SIGKILL");
  await running.said("ended unexpectedly (signal SIGKILL)");
  await expect.poll(() => readyz(running.url).catch(() => 0), { timeout: 60_000 }).toBe(200);
  const before = running.postgresPid();
  process.kill(before, "SIGKILL");
  await running.said("postgres   | ended unexpectedly");
  await expect.poll(running.postgresPid, { timeout: 60_000 }).not.toBe(before);
  await expect.poll(() => readyz(running.url).catch(() => 0), { timeout: 60_000 }).toBe(200);
});

test("after kill -9 no worker is left over, and the next start takes the database over", async () => {
  const killed = await startProduct(temporaryFolder());
  await killed.said(READY);
  const database = killed.postgresPid();
  const workers = ["web", "background", "simulator"].map(killed.workerPid);
  process.kill(killed.pid, "SIGKILL");
  await expect.poll(() => workers.filter(isProcessAlive), { timeout: 60_000 }).toEqual([]);
  const next = await startProduct(killed.dataDir, { PORT: new URL(killed.url).port });
  await next.said(READY);
  expect(next.postgresPid()).toBe(database);
});

test("a taken port ends the start with exit code 1, a sentence, and no database left running", async () => {
  const squatter = createServer();
  await new Promise<void>((fulfil) => squatter.listen({ host: "127.0.0.1", port: 0 }, fulfil));
  onTestFinished(() => {
    squatter.close();
  });
  const address = squatter.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const refused = await startProduct(temporaryFolder(), { PORT: String(port) });
  expect(await refused.exited).toBe(1);
  expect(refused.output()).toContain(`Port ${port} on 127.0.0.1 is in use by another program`);
  expect(() => refused.postgresPid()).toThrow();
});

test("a new simulation is not opened to the network, and nothing is made", async () => {
  const dataDir = path.join(temporaryFolder(), "data");
  const refused = await startProduct(dataDir, { HOST: "0.0.0.0" });
  expect(await refused.exited).toBe(1);
  expect(refused.output()).toContain("listens on this machine only");
  expect(existsSync(dataDir)).toBe(false);
});

test("wrong settings are all told at once, before anything is started", async () => {
  const refused = await startProduct(temporaryFolder(), { PUBLIC_URL: "example.com", LOG_LEVEL: "loud" });
  expect(await refused.exited).toBe(1);
  expect(refused.output()).toContain("PUBLIC_URL must be an http:// or https:// address");
  expect(refused.output()).toContain("LOG_LEVEL must be debug, info, warn or error");
});

test("a simulation never takes a real key or a foreign network", async () => {
  const dataDir = temporaryFolder();
  const simulated = await startProduct(dataDir);
  await simulated.said(READY);
  process.kill(simulated.pid, "SIGINT");
  expect(await simulated.exited).toBe(0);
  const withKey = await startProduct(dataDir, { OPENAI_API_KEY: "sk-real" });
  expect(await withKey.exited).toBe(1);
  expect(withKey.output()).toContain("it is a simulation for good");
  expect(withKey.output()).toContain("OPENAI_API_KEY=sk-… SWITCHYARD_DATA_DIR=.data-live npm start");
  const open = await startProduct(dataDir, { HOST: "0.0.0.0" });
  expect(await open.exited).toBe(1);
  expect(open.output()).toContain("listens on this machine only");
});

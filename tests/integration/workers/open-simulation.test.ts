import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { stampDatabase } from "@/lib/settings/database-mode";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { freePort } from "@/workers/shared/free-port";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** Fulfils when it ends by itself, or when it listens. */
async function run(worker: string, env: Record<string, string>): Promise<{ exitCode: number | null; stderr: string }> {
  const child = spawn(process.execPath, ["workers/run.mjs", worker], {
    env: { NODE_ENV: "production", PATH: process.env["PATH"], PORT: String(await freePort(0)), ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdout.resume();
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stderr };
}

function webEnv(): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    SWITCHYARD_DATA_DIR: temporaryFolder(),
    SWITCHYARD_MASTER_KEY: "a master key for tests and for nothing else",
    NEXTAUTH_SECRET: "a session secret for tests and for nothing else",
    HOST: "0.0.0.0",
  };
}

test("web alone does not open a database to the network before somebody has said what it is", async () => {
  expect(await run("web", webEnv())).toEqual({ exitCode: 1, stderr: "This database has not been started yet: run npm start once.\n" });
});

test("web alone does not open a simulation to the network", async () => {
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "simulated"));
  const { exitCode, stderr } = await run("web", webEnv());
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^A simulated installation listens on this machine only, and HOST is 0\.0\.0\.0\./);
});

test("the simulator does not open itself to the network", async () => {
  const { exitCode, stderr } = await run("simulator", { HOST: "0.0.0.0" });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("HOST is 0.0.0.0");
});

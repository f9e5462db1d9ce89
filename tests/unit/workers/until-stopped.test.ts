import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";

const WORKER = `
  import { untilStopped } from "./workers/shared/until-stopped.ts";
  setInterval(() => {}, 1000);
  const reason = untilStopped();
  console.log("up");
  console.log(await reason);
  process.exit(0);`;

/** Starts the worker with a channel, as `npm start` does. */
const STARTER = `
  import { spawn } from "node:child_process";
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", process.env.WORKER], {
    stdio: ["ignore", "inherit", "inherit", "ipc"], detached: true,
  });
  child.on("exit", () => process.exit(0));`;

function run(program: string): { child: ChildProcess; nextLine: () => Promise<string> } {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, WORKER },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, nextLine: async () => (await lines.next()).value ?? "" };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s stops a worker", async (signal) => {
  const { child, nextLine } = run(WORKER);
  expect(await nextLine()).toBe("up");
  child.kill(signal);
  expect(await nextLine()).toBe(signal);
});

test("a worker stops when the process that started it is killed", async () => {
  const { child, nextLine } = run(STARTER);
  expect(await nextLine()).toBe("up");
  child.kill("SIGKILL");
  expect(await nextLine()).toBe("disconnect");
});

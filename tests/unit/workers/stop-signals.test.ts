import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

/** A program that only says what it is asked to do. */
const PROGRAM = `
  import { listenForStop } from "./workers/start/stop-signals.ts";
  listenForStop({ onStop: () => console.log("stop"), onHurry: () => console.log("hurry") });
  setInterval(() => {}, 1000);
  process.on("message", (ms) => { const end = performance.now() + ms; while (performance.now() < end); process.send("later"); });
  console.log("up");`;

test("a key press that arrives twice is one; the next press hurries, the third leaves with 130", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", PROGRAM], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  if (!child.stdout) throw new Error("no output");
  const lines: string[] = [];
  const exited = new Promise<number | null>((fulfil) => child.once("exit", fulfil));
  const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => lines.push((await output.next()).value ?? "");
  const letTimePass = async () => {
    const passed = new Promise((fulfil) => child.once("message", fulfil));
    child.send(600);
    await passed;
  };
  await nextLine();
  child.kill("SIGINT");
  child.kill("SIGTERM");
  await nextLine();
  await letTimePass();
  child.kill("SIGINT");
  await nextLine();
  await letTimePass();
  child.kill("SIGINT");
  expect(await exited).toBe(130);
  expect(lines).toEqual(["up", "stop", "hurry"]);
});

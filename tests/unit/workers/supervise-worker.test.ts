import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { superviseWorker, type Worker } from "@/workers/start/supervise-worker";

const BOUND_MS = 10_000;

/** Supervises a small program and lets the test wait for what it says. */
function supervise(program: string) {
  const folder = temporaryFolder();
  const file = path.join(folder, "worker.mjs");
  writeFileSync(file, program);
  const lines: string[] = [];
  const waiting: { text: string; count: number; fulfil: () => void }[] = [];
  const lineCount = (text: string) => lines.filter((line) => line.includes(text)).length;
  const log = (line: string) => {
    lines.push(line);
    for (const { text, count, fulfil } of waiting) if (lineCount(text) >= count) fulfil();
  };
  const said = (text: string, count = 1) =>
    new Promise<void>((fulfil) => {
      if (lineCount(text) >= count) fulfil();
      else waiting.push({ text, count, fulfil });
    });
  let worker: Worker | undefined;
  const givenUp = new Promise<string>((fulfil) => {
    worker = superviseWorker({ name: "planted", file, env: { ...process.env, FOLDER: folder }, log, onGivenUp: fulfil, backoffFirstMs: 1 });
  });
  if (!worker) throw new Error("not started");
  return { worker, lines, said, givenUp };
}

test("a worker that dies is started again", async () => {
  const { worker, said } = supervise(`
    import fs from "node:fs";
    const mark = process.env.FOLDER + "/died";
    if (!fs.existsSync(mark)) { fs.writeFileSync(mark, ""); process.exit(3); }
    console.log("second life");
    setInterval(() => {}, 1000);`);
  await said("ended unexpectedly (exit code 3)");
  await said("second life");
  await worker.stop(BOUND_MS);
});

test("a worker that dies again and again is given up after five restarts", async () => {
  const { givenUp, lines } = supervise(`console.log("born"); process.exit(1);`);
  expect(await givenUp).toBe("planted ended 6 times in a row (exit code 1)");
  expect(lines.filter((line) => line === "born")).toHaveLength(6);
});

test("stopping lets a worker finish its work and does not start it again", async () => {
  const { worker, said, lines } = supervise(`
    process.on("SIGTERM", () => { console.log("finished"); process.exit(0); });
    console.log("up");
    setInterval(() => {}, 1000);`);
  await said("up");
  await worker.stop(BOUND_MS);
  expect(lines).toEqual(["up", "finished"]);
});

test("a worker that does not stop within its bound is killed", async () => {
  const { worker, said } = supervise(`process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000);`);
  await said("up");
  await worker.stop(50);
  await said("did not stop within 0.05 s and is killed");
});

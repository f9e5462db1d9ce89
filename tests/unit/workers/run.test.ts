import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "@/tests/factories/temporary-folder";

/** A project with one worker, `greet`, and our own `run.mjs`. */
function project() {
  const root = temporaryFolder();
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  for (const file of ["package.json", "package-lock.json"]) write(file, "{}");
  write("tsconfig.json", JSON.stringify({ compilerOptions: { paths: { "@/*": ["./*"] } } }));
  write("lib/greeting.ts", `export const greeting: string = "hello";`);
  write(
    "workers/greet/main.ts",
    `import { greeting } from "@/lib/greeting"; console.log(greeting, process.argv.slice(2).join(), process.cwd());`,
  );
  copyFileSync("workers/run.mjs", path.join(root, "workers/run.mjs"));
  symlinkSync(path.resolve("node_modules"), path.join(root, "node_modules"));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(root, "workers/run.mjs"), ...args], { encoding: "utf8", cwd: "/" });
  const buildFolder = () => (JSON.parse(readFileSync(path.join(root, ".build/workers.json"), "utf8")) as { folder: string }).folder;
  return { root, write, run, buildFolder };
}

test("a worker gets its own arguments and works in the project, from wherever it is called", () => {
  const { root, run } = project();
  expect(run("greet", "--loud", "you")).toMatchObject({ status: 0, stdout: `hello --loud,you ${root}\n`, stderr: "" });
});

test("it is compiled once, and again when a source has changed or a worker is new", () => {
  const { run, write, buildFolder } = project();
  run("greet");
  const first = buildFolder();
  run("greet");
  expect(buildFolder()).toBe(first);
  write("lib/greeting.ts", `export const greeting: string = "good morning";`);
  expect(run("greet").stdout).toMatch(/^good morning /);
  write("workers/leave/main.ts", `console.log("bye");`);
  expect(run("leave").stdout).toBe("bye\n");
});

test("an unknown worker is answered with the known ones", () => {
  const { run } = project();
  expect(run("nonsense")).toMatchObject({ status: 1, stderr: "Usage: node workers/run.mjs <greet> [arguments]\n" });
});

test("a source that does not compile ends with exit code 1 and the place of the mistake", () => {
  const { run, write } = project();
  write("lib/greeting.ts", "export const greeting = ;");
  const { status, stderr } = run("greet");
  expect(status).toBe(1);
  expect(stderr).toContain("lib/greeting.ts:1:24");
  expect(stderr).toContain("The workers could not be compiled.");
});

import { spawn } from "node:child_process";

export type AdminRun = { exitCode: number | null; stdout: string; stderr: string };

/** The command line as an operator runs it: another process, plain Node, arguments and stdin. */
export function runAdmin(env: Readonly<Record<string, string>>, args: readonly string[], stdin = ""): Promise<AdminRun> {
  return new Promise((fulfil, reject) => {
    const child = spawn(process.execPath, ["workers/run.mjs", "admin", ...args], {
      env: { NODE_ENV: "test", PATH: process.env["PATH"], ...env },
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8");
      child[name].on("data", (text: string) => (output[name] += text));
    }
    child.on("error", reject);
    child.on("close", (exitCode) => fulfil({ exitCode, ...output }));
    // A command that does not read stdin may be gone before it is written.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
  });
}

import { spawn } from "node:child_process";
import type { Server } from "node:net";
import { childEnv } from "@/lib/codex/child-env";
import { DOOR_HOST, DOOR_PORT } from "@/workers/shared/egress-control";

const OPEN_MS_MAX = 10_000;
const ERROR_CHARS_MAX = 500;

/**
 * Runs inside of the namespace: binds, hands the listening socket over the channel and is gone. The text of a program, because
 * what runs it is a bare Node that knows nothing of our modules.
 */
const HAND_OVER = `
const server = require("node:net").createServer();
server.on("error", (error) => { console.error(error.message); process.exit(1); });
server.listen(${DOOR_PORT}, "${DOOR_HOST}", () => process.send("listening", server, () => process.exit(0)));
`;

/**
 * A listening socket inside the network namespace of a process, held by this process outside: so the sandbox reaches us without
 * any process of ours inside. Entering needs root, or a namespace that the same user has made.
 */
export function openListener(pid: number): Promise<Server> {
  const isRoot = process.getuid?.() === 0;
  const enter = [...(isRoot ? [] : ["--user", "--preserve-credentials"]), "--net", "--target", String(pid)];
  const child = spawn("nsenter", [...enter, "--", process.execPath, "-e", HAND_OVER], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: childEnv(process.env),
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(0, ERROR_CHARS_MAX);
  });
  return new Promise<Server>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The network of process ${pid} cannot be entered: ${why}`));
    const stuck = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`no answer within ${OPEN_MS_MAX / 1000} seconds`);
    }, OPEN_MS_MAX);
    child.once("message", (_message, handle) => resolve(handle as Server));
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => {
      clearTimeout(stuck);
      fail(said.trim() || `nsenter ended with code ${code}`);
    });
  });
}

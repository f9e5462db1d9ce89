import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, watch, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { codexBinary, type CodexDesk, openDesk } from "@/tests/contract/harness/codex";
import { type AppServer, openAppServer } from "@/workers/codex-runner/app-server/app-server";
import type { EngineSetup } from "@/workers/codex-runner/engine/turn-engine";

/** A real `codex app-server` on a unix socket, started as a container would start it, without the container. */
export type RunningAppServer = {
  /** Where and how another run of the CLI on the same home would be started. */
  work: string;
  env: NodeJS.ProcessEnv;
  connect(): Promise<AppServer>;
  stderr(): string;
  /** Ends the process, as a crash does. */
  kill(): Promise<void>;
  close(): Promise<void>;
};

const SOCKET = "app.sock";

export async function startAppServer(setup: EngineSetup, env: NodeJS.ProcessEnv): Promise<RunningAppServer> {
  const desk: CodexDesk = await openDesk(null);
  for (const { name, content } of setup.files) await writeFile(path.join(desk.home, name), content, { mode: 0o600 });
  // Not in the home: the length of a socket's path is bounded.
  const folder = await mkdtemp(path.join(tmpdir(), "app-server-"));
  const socket = path.join(folder, SOCKET);
  const args = [...setup.args, "--listen", `unix://${socket}`];
  const appeared = untilFile(folder, SOCKET);
  const childEnv = { ...desk.env, ...env, ...setup.env };
  const child = spawn(await codexBinary(), args, { cwd: desk.work, env: childEnv, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exited = once(child, "exit");
  await Promise.race([
    appeared,
    exited.then(() => {
      throw new Error(`app-server ended at once: ${stderr}`);
    }),
  ]);
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  return {
    work: desk.work,
    env: childEnv,
    connect: () => openAppServer(connect(socket)),
    stderr: () => stderr,
    kill,
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
      await desk.dispose();
    },
  };
}

async function untilFile(folder: string, name: string): Promise<void> {
  for await (const { filename } of watch(folder)) if (filename === name) return;
}

import { fork } from "node:child_process";
import path from "node:path";
import type { GatewayTimings } from "@/lib/runtime/gateway-runtime";

export type GatewayProcessSettings = {
  databaseUrl: string;
  dataDir: string;
  upstreamPorts: readonly number[];
  timings?: Partial<GatewayTimings>;
};

export type GatewayProcess = {
  url: string;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
};

/** The gateway alone in a process of its own, ready to serve. */
export async function startGatewayProcess(settings: GatewayProcessSettings): Promise<GatewayProcess> {
  const child = fork(path.join(import.meta.dirname, "gateway-process-main.ts"), {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, TEST_GATEWAY: JSON.stringify(settings) },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const { url } = await new Promise<{ url: string }>((resolve, reject) => {
    child.once("message", (message) => resolve(message as { url: string }));
    void exited.then(() => reject(new Error("the gateway process ended before it served")));
  });
  return {
    url,
    signal: (name) => void child.kill(name),
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { spawnServer, type BenchProcess } from "@/tests/bench/bench-process";
import { freePort } from "@/workers/shared/free-port";

const PORTKEY_VERSION = "1.15.2";

/** Its own range also takes newer ones, with which every streamed answer ends as a 500 (Portkey-AI/gateway, issue 1389). */
const NODE_SERVER_VERSION = "1.14.1";
const INSTALL_MS = 5 * 60_000;

/** Fetched from npm once, at a pinned version and without install scripts, into the cache folder. */
export async function fetchPortkey(cacheDir: string): Promise<string> {
  const folder = path.join(cacheDir, `portkey-${PORTKEY_VERSION}`);
  const server = path.join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  if (existsSync(server)) return server;
  console.error(`fetching @portkey-ai/gateway ${PORTKEY_VERSION} from npm`);
  mkdirSync(folder, { recursive: true });
  const wanted = { dependencies: { "@portkey-ai/gateway": PORTKEY_VERSION }, overrides: { "@hono/node-server": NODE_SERVER_VERSION } };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true, ...wanted }));
  await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder, timeout: INSTALL_MS });
  return server;
}

export async function startPortkey(server: string): Promise<BenchProcess> {
  const port = await freePort(0);
  return spawnServer([server, `--port=${port}`, "--headless"], port);
}

/** Where it sends and as whom is said by each request. */
export function portkeyHeaders(upstreamPort: number): string {
  return [
    "authorization: Bearer sk-bench",
    "x-portkey-provider: openai",
    `x-portkey-custom-host: http://127.0.0.1:${upstreamPort}/v1`,
    "",
  ].join("\r\n");
}

import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CODEX_VERSION } from "@/lib/openai/codex-release";
import { type CodexFetchProgress, fetchCodexCli } from "@/lib/codex/fetch-cli";

let folder: string;
let registry: Server;
let answer: RequestListener;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fetch-cli-"));
  registry = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  const { port } = registry.address() as AddressInfo;
  env = { NODE_ENV: "test", PATH: process.env.PATH, npm_config_registry: `http://127.0.0.1:${port}/npm/` };
});

afterEach(async () => {
  registry.closeAllConnections();
  registry.close();
  await rm(folder, { recursive: true, force: true });
});

async function binarySaying(version: string): Promise<string> {
  const path = join(folder, "codex");
  await writeFile(path, `#!/bin/sh\necho "codex-cli ${version}"\n`);
  await chmod(path, 0o755);
  return path;
}

test("a tarball that is not the pinned release is refused before it is unpacked, and nothing of it stays", async () => {
  const asked: (string | undefined)[] = [];
  const progress: CodexFetchProgress[] = [];
  answer = (request, response) => {
    asked.push(request.url);
    response.writeHead(200, { "content-length": "11" }).end("not a codex");
  };
  const cacheDir = join(folder, "cache");
  const fetching = fetchCodexCli({ version: CODEX_VERSION, cacheDir, env, onProgress: (step) => progress.push(step) });
  await expect(fetching).rejects.toMatchObject({ kind: "integrity", message: expect.stringContaining("nothing was unpacked") });
  expect(asked).toEqual([expect.stringMatching(/^\/npm\/@openai\/codex\/-\/codex-[\d.]+-\w+-\w+\.tgz$/)]);
  expect(progress).toEqual([{ phase: "download", doneBytes: 11, totalBytes: 11 }]);
  expect(await readdir(cacheDir)).toEqual([]);
});

test("a registry that cannot be reached is said so, with the way around it", async () => {
  registry.close();
  await expect(fetchCodexCli({ version: CODEX_VERSION, cacheDir: folder, env })).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringMatching(/^Could not reach the npm registry .*; set SWITCHYARD_CODEX_BIN to a codex [\d.]+ binary\.$/),
  });
});

test("a registry that refuses is said so, with its status", async () => {
  answer = (_request, response) => response.writeHead(403).end("no");
  await expect(fetchCodexCli({ version: CODEX_VERSION, cacheDir: folder, env })).rejects.toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("HTTP 403"),
  });
});

test("a redirect is followed", async () => {
  answer = (request, response) => {
    if (request.url?.startsWith("/npm/")) response.writeHead(302, { location: "/elsewhere" }).end();
    else response.writeHead(200).end("not a codex");
  };
  await expect(fetchCodexCli({ version: CODEX_VERSION, cacheDir: folder, env })).rejects.toMatchObject({ kind: "integrity" });
});

test("a fetch that is called off in the middle leaves nothing behind", async () => {
  answer = (_request, response) => response.writeHead(200, { "content-length": "1000" }).write("the first bytes");
  const stop = new AbortController();
  const cacheDir = join(folder, "cache");
  const fetching = fetchCodexCli({ version: CODEX_VERSION, cacheDir, env, signal: stop.signal, onProgress: () => stop.abort() });
  await expect(fetching).rejects.toMatchObject({ name: "AbortError" });
  expect(await readdir(cacheDir)).toEqual([]);
});

test("SWITCHYARD_CODEX_BIN is used as it is, without the network", async () => {
  registry.close();
  const binary = await binarySaying(CODEX_VERSION);
  const cli = await fetchCodexCli({ version: CODEX_VERSION, cacheDir: folder, env: { ...env, SWITCHYARD_CODEX_BIN: binary } });
  expect(cli).toEqual({ binary, version: CODEX_VERSION, sha512: null });
});

test("a binary that the operator named is run without our secrets", async () => {
  const binary = await binarySaying(CODEX_VERSION);
  const seen = join(folder, "seen");
  await writeFile(binary, `#!/bin/sh\nenv > ${seen}\necho "codex-cli ${CODEX_VERSION}"\n`);
  const secrets = { SWITCHYARD_MASTER_KEY: "the master key", DATABASE_URL: "postgres://secret" };
  await fetchCodexCli({ version: CODEX_VERSION, cacheDir: folder, env: { ...env, ...secrets, SWITCHYARD_CODEX_BIN: binary } });
  const told = await readFile(seen, "utf8");
  expect(told).toContain("npm_config_registry=");
  expect(told).not.toMatch(/master key|secret|SWITCHYARD/);
});

test.each(["0.1.0", ""])("SWITCHYARD_CODEX_BIN of version %j is refused", async (version) => {
  const binary = await binarySaying(version);
  const fetching = fetchCodexCli({ version: CODEX_VERSION, cacheDir: folder, env: { ...env, SWITCHYARD_CODEX_BIN: binary } });
  await expect(fetching).rejects.toMatchObject({ kind: "version", message: expect.stringContaining(CODEX_VERSION) });
});

test("SWITCHYARD_CODEX_BIN that does not exist is refused", async () => {
  const fetching = fetchCodexCli({
    version: CODEX_VERSION,
    cacheDir: folder,
    env: { ...env, SWITCHYARD_CODEX_BIN: join(folder, "nothing") },
  });
  await expect(fetching).rejects.toMatchObject({ kind: "version" });
});

test("a version without pinned integrity is refused", async () => {
  await expect(fetchCodexCli({ version: "0.1.0", cacheDir: folder, env })).rejects.toMatchObject({ kind: "platform" });
});

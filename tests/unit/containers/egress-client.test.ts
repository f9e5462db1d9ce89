import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEgressClient } from "@/workers/codex-runner/containers/shared/egress-client";
import { egressControlPath, makeControlFolder } from "@/workers/shared/egress-control";

let root: string;
let dataDir: string;
let socket: string;
let proxy: Server;
let calls: string[];

/** Deeper than a socket's path may be: the control socket lies in a folder where everybody may make one. */
beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), "switchyard-egress-"));
  dataDir = path.join(root, "deep/".repeat(30));
  socket = egressControlPath(dataDir);
  makeControlFolder(socket);
  calls = [];
  proxy = createServer((request, response) => {
    calls.push(request.url ?? "");
    response.end(JSON.stringify({ tcpPort: 3128 }));
  });
  proxy.listen(socket);
  await once(proxy, "listening");
});
afterEach(() => {
  proxy.close();
  rmSync(path.dirname(socket), { recursive: true, force: true });
  rmSync(root, { recursive: true, force: true });
});

const ask = () =>
  createEgressClient({ dataDir, secret: "s".repeat(32), port: 0, patienceMs: 0 }).localProxyUrl({ accountId: "acct_1", fence: 1 });
const refused = (why: RegExp) =>
  expect.objectContaining({
    reason: "unreachable",
    message: expect.stringMatching(/not this user's/),
    cause: expect.objectContaining({ message: expect.stringMatching(why) }),
  });

test("a control socket of this user in a folder of this user is asked", async () => {
  expect(await ask()).toContain(":3128");
  expect(calls).toEqual(["/"]);
});

test("one that is not there yet is waited for, and then told", async () => {
  rmSync(socket);
  await expect(ask()).rejects.toMatchObject({ reason: "unreachable", message: expect.stringMatching(/does not answer/) });
});

test("a folder that is open to others or a link, and a link in the place of the socket, are not asked", async () => {
  const folder = path.dirname(socket);
  chmodSync(folder, 0o755);
  await expect(ask()).rejects.toEqual(refused(/open to others/));
  chmodSync(folder, 0o700);
  const moved = path.join(root, "moved");
  renameSync(folder, moved);
  symlinkSync(moved, folder);
  await expect(ask()).rejects.toEqual(refused(/belongs to somebody else/));
  rmSync(folder);
  mkdirSync(folder, { mode: 0o700 });
  symlinkSync(path.join(moved, path.basename(socket)), socket);
  await expect(ask()).rejects.toEqual(refused(/no socket of this user/));
  expect(calls).toEqual([]);
});

import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectSocket } from "@/workers/codex-runner/containers/shared/connect-socket";

const OUR_UID = process.getuid?.() ?? 0;
const servers: Server[] = [];
let root: string;
let folder: string;
/** Somebody else's socket on this machine, and how often it was connected to. */
let other: { file: string; connections: number };

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), "switchyard-socket-"));
  folder = path.join(root, "sockets");
  mkdirSync(folder, { mode: 0o700 });
  other = { file: path.join(root, "other.sock"), connections: 0 };
  await listen(other.file, () => (other.connections += 1));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(root, { recursive: true, force: true });
});

async function listen(file: string, onConnection: () => void = () => undefined): Promise<void> {
  const server = createServer((socket) => {
    onConnection();
    socket.end("hello");
  });
  servers.push(server);
  server.listen(file);
  await once(server, "listening");
}

const place = (given: { folder?: string; uid?: number | null } = {}) => ({ folder, name: "app", uid: null, ...given });
const refused = expect.objectContaining({ name: "ContainerError", reason: "failed", message: expect.stringMatching(/not connected to/) });

test("a socket of its user in its folder is connected to, however long the path is", async () => {
  const deep = path.join(root, "deep/".repeat(30), "sockets");
  mkdirSync(deep, { recursive: true, mode: 0o700 });
  await listen(path.join(root, "short"));
  renameSync(path.join(root, "short"), path.join(deep, "app"));
  for (const uid of [null, OUR_UID]) {
    const socket = await connectSocket(place({ folder: deep, uid }));
    const [said] = (await once(socket, "data")) as [Buffer];
    expect(said.toString()).toBe("hello");
    await once(socket, "close");
  }
});

test("one that is not there, or that nobody listens to, says so", async () => {
  await expect(connectSocket(place())).rejects.toMatchObject({ code: "ENOENT" });
  await expect(connectSocket(place({ folder: path.join(root, "nowhere") }))).rejects.toMatchObject({ code: "ENOENT" });
  await listen(path.join(root, "left"));
  renameSync(path.join(root, "left"), path.join(folder, "app"));
  servers.pop()?.close();
  const socket = await connectSocket(place());
  expect(await once(socket, "error")).toEqual([expect.objectContaining({ code: "ECONNREFUSED" })]);
});

test("a link in the place of the socket or of its folder is not followed, and whoever is behind it hears nothing", async () => {
  symlinkSync(other.file, path.join(folder, "app"));
  await expect(connectSocket(place())).rejects.toEqual(refused);
  const linked = path.join(root, "linked");
  mkdirSync(path.join(root, "elsewhere"), { mode: 0o700 });
  await listen(path.join(root, "elsewhere", "app"), () => (other.connections += 1));
  symlinkSync(path.join(root, "elsewhere"), linked);
  await expect(connectSocket(place({ folder: linked }))).rejects.toEqual(refused);
  expect(other.connections).toBe(0);
});

test("what is no socket, is somebody else's, or lies in a folder that others may write, is not connected to", async () => {
  writeFileSync(path.join(folder, "app"), "");
  await expect(connectSocket(place())).rejects.toEqual(refused);
  rmSync(path.join(folder, "app"));
  await listen(path.join(folder, "app"));
  await expect(connectSocket(place({ uid: OUR_UID + 1 }))).rejects.toEqual(refused);
  chmodSync(folder, 0o777);
  await expect(connectSocket(place())).rejects.toEqual(refused);
});

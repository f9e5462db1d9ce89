import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { connectDatabase } from "@/db/client";
import type { AccountCall, ContainerCalls, ContainerProcessSettings } from "@/tests/factories/containers";
import { startDeviceLogin } from "@/workers/codex-runner/app-server/account";
import { openAppServer } from "@/workers/codex-runner/app-server/app-server";
import { createBubblewrapDriver } from "@/workers/codex-runner/containers/bubblewrap/create-bubblewrap-driver";
import { findBwrap } from "@/workers/codex-runner/containers/bubblewrap/find-bwrap";
import { codexSandbox } from "@/workers/codex-runner/containers/bubblewrap/sandbox-command";
import { startSandbox } from "@/workers/codex-runner/containers/bubblewrap/start-sandbox";
import { type ContainerChange, ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { createProcessDriver } from "@/workers/codex-runner/containers/process/create-process-driver";
import { accountFolders } from "@/workers/codex-runner/containers/shared/account-folders";
import { giveUid } from "@/workers/codex-runner/containers/shared/account-uid";
import { readContainerRecord } from "@/workers/codex-runner/containers/shared/container-record";
import { createEgressClient } from "@/workers/codex-runner/containers/shared/egress-client";
import { startEgressProxy } from "@/workers/egress-proxy/start-egress-proxy";
import { DOOR_URL } from "@/workers/shared/egress-control";

/*
 * One process of a machine that holds containers, to be run as any user and to be killed: either its egress proxy, or a runner's
 * driver that does what the test says. It ends with whoever started it.
 */
const run = promisify(execFile);
/** Tells the status once TLS stands, and lives as long as the tunnel. */
const HOLD = `
const target = process.argv[1];
const socket = require("node:net").connect(3128, "127.0.0.1", () => socket.write("CONNECT " + target + " HTTP/1.1\\r\\n\\r\\n"));
socket.once("data", (text) => {
  const status = String(text).split(" ")[1];
  if (status !== "200") return console.log(status);
  const options = { socket, servername: target.split(":")[0], rejectUnauthorized: false };
  require("node:tls").connect(options, () => console.log(status)).on("error", () => {});
});
socket.on("error", () => {});
`;
let tunnelEnded = Promise.resolve();
const settings = JSON.parse(process.env["TEST_CONTAINERS"] ?? "{}") as ContainerProcessSettings;
const { dataDir, secret, vendorDir } = settings;
const log = pino({ level: process.env["TEST_LOG_LEVEL"] ?? "silent" }, pino.destination(2));
const isRoot = process.getuid?.() === 0;
process.on("disconnect", () => process.exit(0));

if (settings.role === "egress") {
  const proxy = await startEgressProxy({
    sql: connectDatabase(settings.databaseUrl).sql,
    log,
    dataDir,
    secret,
    leaseS: settings.leaseS,
    targets: new Map(settings.targets),
    listen: { host: "127.0.0.1", port: 0 },
  });
  serve({ flush: () => proxy.flush(), close: () => proxy.close() });
} else {
  serve(driverCalls());
}

function driverCalls(): ContainerCalls {
  const egress = createEgressClient({ dataDir, secret, port: 0, patienceMs: 500 });
  const driver =
    settings.role === "bubblewrap"
      ? createBubblewrapDriver({ dataDir, log, egress, vendorDir: async () => vendorDir })
      : createProcessDriver({ dataDir, log, egress });
  const changes: ContainerChange[] = [];
  const waiting: ((change: ContainerChange) => void)[] = [];
  driver.watch((change) => {
    const next = waiting.shift();
    if (next) next(change);
    else changes.push(change);
  });
  const ensure = ({ accountId, fence, ...given }: AccountCall) =>
    driver.ensure({
      accountId,
      fence,
      codexVersion: "0.0.0-test",
      vendorDir: given.vendorDir ?? vendorDir,
      args: given.args ?? ["-c", "analytics.enabled=false", "app-server"],
      env: { SEEN_INSIDE: "yes" },
      files: given.files ?? [{ name: "config.toml", content: "# written before the start\n" }],
      caPem: given.caPem ?? null,
      limits: { memoryMiB: 512, cpus: 1, pids: 256, homeMiB: 64, ...given.limits },
      host: null,
    });
  const rootPid = (accountId: string) => readContainerRecord(accountFolders(dataDir, accountId).record)!.root.pid;
  return {
    probe: () => driver.probe(),
    ensure,
    initialize: async (ref) => {
      const server = await openAppServer(await driver.connect(ref));
      server.close();
      return "initialized";
    },
    deviceCode: async (ref) => {
      const server = await openAppServer(await driver.connect(ref));
      try {
        return (await startDeviceLogin(server)).userCode;
      } finally {
        server.close();
      }
    },
    stop: (ref, drainMs) => driver.stop(ref, drainMs),
    destroy: (ref, options) => driver.destroy(ref, options),
    list: () => driver.list(),
    measureHome: (ref) => driver.measureHome(ref),
    nextChange: () => {
      const change = changes.shift();
      return change ? Promise.resolve(change) : new Promise((resolve) => waiting.push(resolve));
    },
    processesOf: async (accountId) => {
      const record = readContainerRecord(accountFolders(dataDir, accountId).record);
      return record === null ? null : { root: record.root.pid, codex: record.codex?.pid ?? null };
    },
    enterNetwork: async (accountId, script) => {
      const user = isRoot ? [] : ["--user", "--preserve-credentials"];
      const target = ["--net", "--target", String(rootPid(accountId)), "--", process.execPath, "-e", script];
      return (await run("nsenter", [...user, ...target])).stdout;
    },
    openTunnel: async (accountId, target) => {
      const user = isRoot ? [] : ["--user", "--preserve-credentials"];
      const enter = ["--net", "--target", String(rootPid(accountId)), "--", process.execPath, "-e", HOLD, target];
      const child = spawn("nsenter", [...user, ...enter], { stdio: ["ignore", "pipe", "inherit"] });
      tunnelEnded = new Promise((resolve) => child.once("exit", () => resolve()));
      const [status] = (await once(child.stdout, "data")) as [Buffer];
      return status.toString().trim();
    },
    tunnelEnded: () => tunnelEnded,
    seenInside: (accountId, argv) => seenInside(accountId, argv),
    proxyUrl: (identity) => egress.localProxyUrl(identity),
  };
}

/** What a program sees that is started exactly as Codex would be, in the place of Codex: the CLI's own `rg`, since there is nothing else inside. */
async function seenInside(accountId: string, argv: readonly string[]): Promise<string> {
  const uid = await giveUid(dataDir, accountId);
  const folders = accountFolders(dataDir, accountId);
  mkdirSync(folders.sockets, { recursive: true });
  const file = path.join(dataDir, `seen-${accountId}`);
  const output = openSync(file, "w");
  const sandbox = codexSandbox({
    ...folders,
    certificates: "/dev/null",
    bwrap: await findBwrap(vendorDir),
    uid,
    limits: { memoryMiB: null, pids: 64 },
    vendorDir,
    proxyUrl: DOOR_URL,
    env: {},
    args: [],
  });
  const started = await startSandbox(
    { ...sandbox, argv: ["/opt/codex/codex-path/rg", ...argv] },
    { input: "ignore", output, errors: output, signal: AbortSignal.timeout(20_000) },
  );
  await started.go().catch(() => undefined);
  await started.ended;
  closeSync(output);
  return readFileSync(file, "utf8");
}

function serve(calls: object): void {
  process.on("message", ({ id, name, args }: { id: number; name: string; args: unknown[] }) => {
    const call = (calls as Record<string, (...given: unknown[]) => Promise<unknown>>)[name]!;
    call(...args).then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => {
        const reason = error instanceof ContainerError ? error.reason : null;
        process.send?.({ id, error: { message: error instanceof Error ? error.message : String(error), reason } });
      },
    );
  });
  process.send?.({ ready: true });
}

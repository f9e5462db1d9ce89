import pino from "pino";
import type { Sql } from "postgres";
import { request } from "undici";
import { registerRunner } from "@/lib/codex/runners";
import { identityHash } from "@/lib/crypto/identity-hash";
import { newId } from "@/lib/ids/ids";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";
import { systemClock } from "@/lib/time/clock";
import { TURN_HEADER, type TurnFrame, type TurnTicket } from "@/lib/turns/runner-protocol";
import type { Person } from "@/tests/factories/scripted-containers";
import type { ContainerDriver, Isolation } from "@/workers/codex-runner/containers/container-driver";
import { createRunnerServer } from "@/workers/codex-runner/create-runner-server";
import { Runner } from "@/workers/codex-runner/runner";
import { type RunnerSettings, type RunnerTimings, TIMINGS, type TurnEngine } from "@/workers/codex-runner/runner-deps";

export type TestRunner = { id: string; host: string; address: string };

/** A row as a runner of its own would have written it; no process stands behind it. */
export async function testRunner(sql: Sql, options: { host?: string; address?: string } = {}): Promise<TestRunner> {
  const runner = { id: newId("run"), host: options.host ?? "host-a", address: options.address ?? "http://127.0.0.1:1" };
  await registerRunner(sql, { ...runner, driver: "bubblewrap", isolation: {} });
  return runner;
}

export type TestAccount = { accountId: string; laneId: string; userId: string };

/** A ChatGPT account with its lane, as `connectAccount` leaves them, without the words around it. */
export async function testAccount(sql: Sql, userId: string): Promise<TestAccount> {
  const account = { accountId: newId("acct"), laneId: newId("lane"), userId };
  await sql`insert into chatgpt_accounts (id, user_id) values (${account.accountId}, ${userId})`;
  await sql`
    insert into lanes (id, user_id, kind, position, label, state, chatgpt_account_id)
    select ${account.laneId}, ${userId}, 'codex', coalesce(max(position), 0) + 1, 'ChatGPT', 'signed_out', ${account.accountId}
    from lanes where user_id = ${userId}`;
  return account;
}

/** Makes what this runner holds run out, as silence would. */
export async function runOutLeases(sql: Sql, runnerId: string): Promise<void> {
  await sql`update chatgpt_accounts set lease_expires_at = clock_timestamp() - interval '1 second' where lease_runner_id = ${runnerId}`;
}

export type RunningRunner = {
  runner: Runner;
  address: string;
  /** As SIGTERM. */
  stop(containers?: "leave" | "stop"): Promise<void>;
};

export const RUNNER_SECRET = "runner-secret-that-only-tests-have-0001";
export const MASTER_KEY = "master-key-that-only-tests-have-00000001";

type RunnerOptions = {
  sql: Sql;
  driver: ContainerDriver;
  engine: TurnEngine;
  settings?: Partial<Omit<RunnerSettings, "timings">>;
  timings?: Partial<RunnerTimings>;
};

/** The runner as `start-runner` puts it together, in this process, on a port of its own. */
export async function startTestRunner({ sql, driver, engine, settings, timings }: RunnerOptions): Promise<RunningRunner> {
  const log = pino({ level: process.env.RUNNER_LOG ?? "silent" });
  let runner: Runner | null = null;
  const server = await createRunnerServer({ runner: () => runner, secret: RUNNER_SECRET, host: "127.0.0.1", port: 0, log });
  const all: RunnerSettings = {
    host: "host-a",
    codexVersion: "0.169.0",
    engine: "app-server",
    caPem: null,
    limits: { memoryMiB: 512, cpus: 1, pids: 256, homeMiB: 256 },
    masterKey: MASTER_KEY,
    queueMax: 8,
    idleStopMs: 60_000,
    leaseS: 15,
    ...settings,
    timings: { ...TIMINGS, startMs: 20_000, drainMs: 2_000, ...timings },
  };
  const cliOf = (version: string) => Promise.resolve({ version, vendorDir: "/nowhere", binary: "/nowhere/bin/codex" });
  const deps = { sql, log, clock: systemClock, driver, engine, cliOf, areLanesOn: () => areCodexLanesOn(sql), settings: all };
  runner = new Runner(deps, { address: server.address, isolation: NO_ISOLATION });
  await runner.start();
  const started = runner;
  return {
    runner: started,
    address: server.address,
    stop: async (containers = "leave") => {
      await started.stop({ drainMs: all.timings.drainMs, containers });
      await server.close();
    },
  };
}

/** A signed-in account, as a sign-in leaves it. */
export async function signedInAccount(sql: Sql, userId: string, person: Person): Promise<TestAccount> {
  const account = await testAccount(sql, userId);
  const hash = identityHash(MASTER_KEY, person.accountId, person.userId ?? "");
  await sql`
    update chatgpt_accounts set state = 'signed_in', identity_hash = ${hash}, email = ${person.email}, signed_in_at = now()
    where id = ${account.accountId}`;
  await sql`update lanes set state = 'ready' where id = ${account.laneId}`;
  return account;
}

export type HeardTurn = { status: number; frames: TurnFrame[]; body: string; cut: boolean };

type AskedTurn = {
  address: string;
  account: TestAccount;
  keyId: string;
  ticket?: Partial<TurnTicket>;
  secret?: string;
  signal?: AbortSignal;
};

/** A turn as `web` asks for it, read to its end. `onFrame` hears each frame as it comes. */
export async function askTurn(asked: AskedTurn, onFrame: (frame: TurnFrame) => void = () => undefined): Promise<HeardTurn> {
  const { account, keyId } = asked;
  const ticket: TurnTicket = {
    requestId: newId("req"),
    ...account,
    keyId,
    wire: "responses",
    stream: false,
    includeUsage: false,
    model: "gpt-5.5",
    outputTokensMax: 1_000,
    isRerun: false,
    queueMs: 30_000,
    deadlineMs: 60_000,
    ...asked.ticket,
  };
  const reply = await request(`${asked.address}/turns`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${asked.secret ?? RUNNER_SECRET}`,
      [TURN_HEADER]: Buffer.from(JSON.stringify(ticket)).toString("base64url"),
    },
    body: JSON.stringify({ model: ticket.model, input: "Say hello." }),
    signal: asked.signal,
  });
  const heard: HeardTurn = { status: reply.statusCode, frames: [], body: "", cut: false };
  try {
    for await (const chunk of reply.body as AsyncIterable<Buffer>) {
      heard.body += chunk.toString("utf8");
      if (heard.status === 200) takeFrames(heard, onFrame);
    }
  } catch {
    heard.cut = true;
  }
  return heard;
}

function takeFrames(heard: HeardTurn, onFrame: (frame: TurnFrame) => void): void {
  while (heard.frames.at(-1)?.kind !== "answer") {
    const end = heard.body.indexOf("\n");
    if (end < 0) return;
    const frame = JSON.parse(heard.body.slice(0, end)) as TurnFrame;
    heard.frames.push(frame);
    heard.body = heard.body.slice(end + 1);
    onFrame(frame);
  }
}

export async function askAct(
  address: string,
  act: string,
  account: TestAccount,
  userId = account.userId,
): Promise<{ status: number; body: string }> {
  const reply = await request(`${address}/accounts/${account.accountId}/${act}`, {
    method: "POST",
    headers: { authorization: `Bearer ${RUNNER_SECRET}` },
    body: JSON.stringify({ userId }),
  });
  return { status: reply.statusCode, body: await reply.body.text() };
}

const NO_ISOLATION: Isolation = {
  fs: false,
  pids: false,
  net: "open",
  uid: "shared",
  limits: { memory: false, cpu: false, pids: false },
  seccomp: false,
};

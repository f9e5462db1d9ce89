import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { withTransaction } from "@/db/transaction";
import { findRunner } from "@/lib/codex/find-runner";
import { RUNNER_SILENCE_S } from "@/lib/codex/runners";
import { newId } from "@/lib/ids/ids";
import { stampDatabase } from "@/lib/settings/database-mode";
import type { TurnFrame, TurnTicket } from "@/lib/turns/runner-protocol";
import { codexBinary } from "@/tests/contract/harness/codex";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { commandsOf } from "@/tests/factories/codex-processes";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import { eventually } from "@/tests/factories/eventually";
import { askAct, askTurn, type HeardTurn, testAccount, type TestAccount } from "@/tests/factories/runner";
import { startEgressProcess, startRunnerProcess, type WorkerProcess } from "@/tests/factories/runner-process";
import type { SimulatedAccount } from "@/workers/simulator/chatgpt/simulated-accounts";
import { type ChatgptSimulator, startChatgptSimulator } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";

/*
 * The whole of a runner, as it stands in a real installation: worker processes, the real Codex CLI in its container, its only way out
 * through the egress proxy, and at the end of that a simulated OpenAI.
 */

let database: TestDatabase;
let chatgpt: ChatgptSimulator;
let folder: string;
let egress: WorkerProcess;
let runner: WorkerProcess;
let owner: TestCustomer;
let account: TestAccount;
let person: SimulatedAccount;
const extra: WorkerProcess[] = [];
let names = 0;

beforeAll(async () => {
  database = await testDatabase();
  await withTransaction(database.orm, (tx) => stampDatabase(tx, "simulated"));
  chatgpt = await startChatgptSimulator();
  folder = mkdtempSync(path.join(tmpdir(), "switchyard-runner-"));
  writeFileSync(path.join(folder, "ca.pem"), chatgpt.caPem);
  mkdirSync(path.join(folder, "data"), { mode: 0o700 });
  egress = await startEgressProcess(await machine());
  runner = await startRunnerProcess(await machine());
});
afterAll(async () => {
  await runner?.stop();
  await egress?.stop();
  await chatgpt?.close();
  await database?.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  owner = await testCustomer(database.orm);
  account = await testAccount(database.sql, owner.userId);
  person = chatgpt.control.addAccount({ email: `person-${(names += 1)}@simulated.example`, windows: [{ minutes: 300 }] });
});
afterEach(async () => {
  const { accountId } = account;
  await database.sql`delete from lanes where chatgpt_account_id = ${accountId}`;
  await database.sql`update chatgpt_accounts set state = 'removing' where id = ${accountId}`;
  // A runner that a test has killed may still count as alive for a while.
  await eventually(async () => {
    const { status } = await act("remove");
    if (status !== 200) throw new Error(`not removed: ${status}`);
  });
  await Promise.all(extra.splice(0).map((one) => one.stop()));
});

async function machine(env: Readonly<Record<string, string>> = {}) {
  return {
    databaseUrl: database.url,
    dataDir: path.join(folder, "data"),
    caFile: path.join(folder, "ca.pem"),
    codexBinary: await codexBinary(),
    chatgpt,
    env: { CODEX_DRIVER: "bubblewrap", RUNNER_ON_STOP: "stop", ...env },
  };
}

const addressOf = async (of: TestAccount): Promise<string> => {
  const found = await findRunner(database.sql, of.accountId);
  return found?.address ?? "http://127.0.0.1:1";
};
const act = async (name: string, of: TestAccount = account) => askAct(await addressOf(of), name, of);
const ask = async (ticket: Partial<TurnTicket> = {}, onFrame?: (frame: TurnFrame) => void): Promise<HeardTurn> =>
  askTurn({ address: await addressOf(account), account, keyId: owner.keyId, ticket }, onFrame);

const signInOf = async (id: string) => {
  const [row] = await database.sql`select state, user_code as "userCode", verification_url as url, message from sign_ins where id = ${id}`;
  return row as { state: string; userCode: string; url: string; message: string | null };
};
const rowOf = async (of: TestAccount) => {
  const [row] = await database.sql`
    select a.state, a.email, a.plan_type as plan, a.fence::int, a.container_state as "containerState", a.container,
      a.lease_runner_id as "leasedBy", l.state as lane, l.state_until as until
    from chatgpt_accounts a left join lanes l on l.chatgpt_account_id = a.id where a.id = ${of.accountId}`;
  return row as { state: string; fence: number; leasedBy: string | null; container: { instance: string } | null };
};

async function beginSignIn(of: TestAccount = account): Promise<{ id: string; code: string }> {
  const id = newId("sin");
  await database.sql`insert into sign_ins (id, account_id, user_id) values (${id}, ${of.accountId}, ${of.userId})`;
  await database.sql`update chatgpt_accounts set state = 'signing_in' where id = ${of.accountId}`;
  await database.sql`update lanes set state = 'signing_in' where id = ${of.laneId}`;
  expect(await act("sign-in", of)).toMatchObject({ status: 200 });
  await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "waiting", message: null }));
  return { id, code: (await signInOf(id)).userCode };
}

async function signIn(): Promise<void> {
  const { id, code } = await beginSignIn();
  chatgpt.control.approve(code, person.accountId);
  await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "succeeded" }));
}

const ended = (id: string, state: string, message: RegExp) =>
  eventually(async () => expect(await signInOf(id)).toMatchObject({ state, message: expect.stringMatching(message) }));

describe("a ChatGPT account, from its sign-in to its reset", () => {
  test("answers turns, closes when its window is used up, and opens by itself", async () => {
    await signIn();
    expect(await rowOf(account)).toMatchObject({
      state: "signed_in",
      email: person.email,
      plan: "plus",
      lane: "ready",
      containerState: "running",
    });

    const streamed = await ask({ stream: true });
    expect(streamed.frames.map(({ kind }) => kind)).toEqual(["running", "answer"]);
    expect(streamed.body).toContain("event: response.output_text.delta");
    expect(streamed.body).toContain("event: response.completed");
    const whole = await ask();
    expect(JSON.parse(whole.body)).toMatchObject({ object: "response", status: "completed" });

    const resetsAt = new Date(Date.now() + 4_000);
    chatgpt.control.setWindows(person.accountId, [{ minutes: 300, usedPercent: 100, resetsAt }]);
    expect((await ask()).frames.at(-1)).toMatchObject({ kind: "declined", class: "exhausted", until: expect.any(String) });
    expect(await rowOf(account)).toMatchObject({ lane: "exhausted" });

    await eventually(async () => expect(await rowOf(account)).toMatchObject({ lane: "ready" }));
    expect((await ask()).body).toContain("completed");
  });

  test("whose window fills in the middle of a stream ends that stream, and takes no other", async () => {
    await signIn();
    chatgpt.control.nextCalls(person.accountId, { kind: "usage_limit_in_stream", deltas: 3 });
    const heard = await ask({ stream: true });
    expect(heard.frames.at(-1)).toMatchObject({ kind: "answer" });
    expect(heard.body).toContain("event: response.failed");
    await eventually(async () => expect(await rowOf(account)).toMatchObject({ lane: "exhausted" }));
    expect((await ask()).frames.at(-1)).toMatchObject({ kind: "declined", class: "exhausted" });
  });

  test("whose sign-in OpenAI revokes is signed out, and its owner is told by mail", async () => {
    await signIn();
    chatgpt.control.revoke(person.accountId);
    const heard = await ask();
    expect(heard.frames.at(-1)).toMatchObject({ kind: "declined", class: "lost" });
    await eventually(async () => expect(await rowOf(account)).toMatchObject({ state: "signed_out", lane: "signed_out" }));
    const mails =
      await database.sql`select kind from outbox where payload ->> 'laneId' = ${account.laneId} and kind = 'signed_out_by_openai'`;
    expect(mails).toHaveLength(1);
    await signIn();
    expect((await ask()).body).toContain("completed");
  });

  test("is signed out by its owner, and nothing of it is left on the disk", async () => {
    await signIn();
    expect(await act("sign-out")).toMatchObject({ status: 200 });
    expect(await rowOf(account)).toMatchObject({ state: "signed_out", lane: "signed_out", containerState: "none", container: null });
    expect((await ask()).frames.at(-1)).toMatchObject({ kind: "declined", class: "lost", reason: "signed_out" });
  });
});

describe("a sign-in that does not end well", () => {
  test("is denied at OpenAI", async () => {
    const { id, code } = await beginSignIn();
    chatgpt.control.deny(code);
    await ended(id, "refused", /Start again/);
    expect(await rowOf(account)).toMatchObject({ state: "new", lane: "signed_out" });
  });

  test("is cancelled, and a new one begins at once", async () => {
    const { id } = await beginSignIn();
    await act("cancel-sign-in");
    expect(await signInOf(id)).toMatchObject({ state: "cancelled" });
    await signIn();
  });

  test("is for an account that another customer has connected", async () => {
    await signIn();
    const first = account;
    const other = await testCustomer(database.orm);
    account = await testAccount(database.sql, other.userId);
    const { id, code } = await beginSignIn();
    chatgpt.control.approve(code, person.accountId);
    await ended(id, "refused", /already connected/);
    expect(await rowOf(account)).toMatchObject({ state: "new", email: null, containerState: "none", lane: "signed_out" });
    expect(await rowOf(first)).toMatchObject({ state: "signed_in", lane: "ready" });
    await database.sql`delete from lanes where id = ${first.laneId}`;
    await database.sql`update chatgpt_accounts set state = 'removing' where id = ${first.accountId}`;
    await act("remove", first);
    expect(await rowOf(first)).toMatchObject({ state: "removed" });
  });

  test("is for an account without Codex", async () => {
    chatgpt.control.setPlan(person.accountId, { plan: "free", codexIncluded: false });
    const { id, code } = await beginSignIn();
    chatgpt.control.approve(code, person.accountId);
    await ended(id, "refused", /has no Codex/);
    expect(await rowOf(account)).toMatchObject({ state: "new", email: null });
  });
});

describe("in the middle of a turn", () => {
  /** A turn whose model waits at a gate, and the first sign that it runs. */
  function gatedTurn(at: "before_headers" | { afterDeltas: number }) {
    chatgpt.control.nextCalls(person.accountId, { kind: "gate", at });
    const { held } = chatgpt.control.calls.counts;
    return chatgpt.control.calls.until((counts) => counts.held > held);
  }
  const instanceOf = async () => (await rowOf(account)).container?.instance ?? "";
  const killContainer = async () => process.kill(Number.parseInt(await instanceOf(), 10), "SIGKILL");

  test("the container is killed: a turn that has said nothing runs again, in a new one", async () => {
    await signIn();
    const before = await instanceOf();
    const isHeld = gatedTurn("before_headers");
    const heard = ask({ stream: true });
    await isHeld;
    await killContainer();
    expect((await heard).body).toContain("event: response.completed");
    expect(await instanceOf()).not.toBe(before);
  });

  test("the container is killed: an answer that has begun is cut, and nothing is said twice", async () => {
    await signIn();
    const isHeld = gatedTurn({ afterDeltas: 2 });
    let hear: () => void = () => undefined;
    const isHeard = new Promise<void>((resolve) => (hear = resolve));
    const heard = ask({ stream: true }, (frame) => frame.kind === "answer" && hear());
    await Promise.all([isHeld, isHeard]);
    await killContainer();
    const { body, frames } = await heard;
    expect(frames.at(-1)).toMatchObject({ kind: "answer" });
    expect(body).not.toContain("response.completed");
    expect((await ask()).body).toContain("completed");
  });

  test("the runner is killed: another one takes the lease and the surviving container", async () => {
    // Of the two that are there now, one drives the account: whichever it is.
    const second = await startRunnerProcess(await machine());
    extra.push(second);
    await signIn();
    const before = await rowOf(account);
    const isHeld = gatedTurn("before_headers");
    const heard = ask({ stream: true });
    await isHeld;
    const driver = before.leasedBy === second.ready["runner"] ? second : runner;
    await driver.kill();
    expect(await heard).toMatchObject({ cut: true, body: "" });
    if (driver === runner) runner = await startRunnerProcess(await machine());
    else extra.length = 0;

    await eventually(async () => expect((await ask()).body).toContain("completed"));
    const after = await rowOf(account);
    expect(after.leasedBy).not.toBe(before.leasedBy);
    expect(after.fence).toBe(before.fence + 1);
    expect(after.container?.instance).toBe(before.container?.instance);
    chatgpt.control.calls.release();
  });
});

describe.each(["bubblewrap", "process"])("with `codex exec` in %s", (driver) => {
  const useRunner = async (env: Readonly<Record<string, string>>) => {
    await runner.stop();
    runner = await startRunnerProcess(await machine(env));
    await eventually(async () => expect(await aliveRunners()).toEqual([runner.ready["runner"]]));
  };
  beforeAll(() => useRunner({ CODEX_DRIVER: driver, CODEX_ENGINE: "exec" }));
  afterAll(() => useRunner({}));

  /** One that was killed counts as alive for a while. */
  const aliveRunners = async () => {
    const alive = await database.sql<{ id: string }[]>`
      select id from runners where ended_at is null and heartbeat_at > clock_timestamp() - make_interval(secs => ${RUNNER_SILENCE_S})`;
    return alive.map(({ id }) => id);
  };
  /** The command lines of all Codex processes of this test's homes. */
  const programs = () => commandsOf(path.join(folder, "data")).map((args) => (args.includes("exec") ? "exec" : "app-server"));

  test("each request is one command, while app-server is stopped", async () => {
    await signIn();
    chatgpt.control.nextCalls(person.accountId, { kind: "gate", at: "before_headers" });
    const { held } = chatgpt.control.calls.counts;
    const first = ask();
    await chatgpt.control.calls.until((counts) => counts.held > held);
    expect(new Set(programs())).toEqual(new Set(["exec"]));
    let place: number | null = null;
    const second = ask({ stream: true }, (frame) => frame.kind === "queued" && (place = frame.place));
    await eventually(() => Promise.resolve(expect(place).toBe(1)));
    chatgpt.control.calls.release();

    const whole = JSON.parse((await first).body) as { status: string; usage: { output_tokens: number } };
    expect(whole).toMatchObject({ object: "response", status: "completed", usage: { output_tokens: expect.any(Number) } });
    expect((await second).body).toContain("event: response.completed");
    await eventually(() => Promise.resolve(expect(programs()).toEqual([])));
    await eventually(async () => expect(await rowOf(account)).toMatchObject({ lane: "ready", containerState: "stopped" }));
    // Windows and sign-in stay app-server's.
    expect(await act("check-now")).toMatchObject({ status: 200 });
    expect(programs()).toContain("app-server");
  });

  test("a full window closes the lane until the reset that app-server knows", async () => {
    await signIn();
    const resetsAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
    chatgpt.control.setWindows(person.accountId, [{ minutes: 300, usedPercent: 100, resetsAt }]);
    expect((await ask()).frames.at(-1)).toMatchObject({ kind: "declined", class: "exhausted", until: resetsAt.toISOString() });
    expect(await rowOf(account)).toMatchObject({ lane: "exhausted" });
  });

  test("a client that leaves ends its command, and a runner that dies leaves none to the next", async () => {
    await signIn();
    const hold = () => {
      chatgpt.control.nextCalls(person.accountId, { kind: "gate", at: "before_headers" });
      const { held } = chatgpt.control.calls.counts;
      return chatgpt.control.calls.until((counts) => counts.held > held);
    };
    const leaves = new AbortController();
    const { aborted } = chatgpt.control.calls.counts;
    const isHeld = hold();
    const left = askTurn({ address: await addressOf(account), account, keyId: owner.keyId, signal: leaves.signal });
    await isHeld;
    leaves.abort();
    await left.catch(() => undefined);
    await chatgpt.control.calls.until((counts) => counts.aborted > aborted);
    await eventually(() => Promise.resolve(expect(programs()).toEqual([])));

    const isHeldAgain = hold();
    const cut = ask();
    await isHeldAgain;
    await runner.kill();
    expect(await cut).toMatchObject({ cut: true });
    runner = await startRunnerProcess(await machine({ CODEX_DRIVER: driver, CODEX_ENGINE: "exec" }));
    await eventually(async () => expect((await ask()).body).toContain("completed"));
    await eventually(() => Promise.resolve(expect(programs()).toEqual([])));
    chatgpt.control.calls.release();
  });
});

test("a runner without its container engine lives on, and says to the account's owner what is missing", async () => {
  const engine = "unix:///nowhere/docker.sock";
  extra.push(await startRunnerProcess(await machine({ CODEX_DRIVER: "docker", DOCKER_HOSTS: `a=${engine}` })));
  await database.sql`
    update chatgpt_accounts set host = 'docker', container_state = 'stopped', state = 'signed_in', identity_hash = id
    where id = ${account.accountId}`;
  await database.sql`update lanes set state = 'ready' where id = ${account.laneId}`;
  const declined = (await ask()).frames.at(-1);
  expect(declined).toMatchObject({
    kind: "declined",
    class: "lost",
    reason: "container_failed",
    message: expect.stringMatching(/operator's machine cannot start containers/),
  });
  expect(await rowOf(account)).toMatchObject({ lane: "cooling", containerState: "failed" });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Viewer } from "@/lib/access/viewer";
import { accountsOf } from "@/lib/codex/read";
import type { TurnFrame } from "@/lib/turns/runner-protocol";
import { testCustomer, type TestCustomer } from "@/tests/factories/customer";
import { gate } from "@/tests/factories/gate";
import { testDatabase, type TestDatabase } from "@/tests/factories/database";
import {
  askAct,
  askTurn,
  runOutLeases,
  type RunningRunner,
  signedInAccount,
  startTestRunner,
  type TestAccount,
} from "@/tests/factories/runner";
import { ANSWER_TEXT, openLimits, type Person, sayHello, ScriptedMachine, somebody } from "@/tests/factories/scripted-containers";
import { eventually } from "@/tests/factories/eventually";
import { ConnectionLost } from "@/workers/codex-runner/app-server/connection-lost";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import type { DeclinedStep, TurnRun, TurnStep } from "@/workers/codex-runner/engine/turn-engine";

let database: TestDatabase;
let owner: TestCustomer;
let machine: ScriptedMachine;
let account: TestAccount;
const running: RunningRunner[] = [];
let names = 0;

beforeAll(async () => {
  database = await testDatabase();
  owner = await testCustomer(database.orm);
});
afterAll(() => database.close());
beforeEach(async () => {
  machine = new ScriptedMachine();
  account = await signedInAccount(database.sql, owner.userId, somebody(`turn-${(names += 1)}`));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

/** As screens show it. */
const lineNow = async ({ accountId, userId }: TestAccount) => {
  const viewer: Viewer = { userId, username: "", role: "customer", via: { kind: "operator_cli" } };
  return (await accountsOf(database.orm, viewer, { userId })).get(accountId)?.line;
};
/** After the next heartbeat. */
async function lineOf(of: TestAccount) {
  const leaseEnd = async () => {
    const [row] = await database.sql`select lease_expires_at::text as at from chatgpt_accounts where id = ${of.accountId}`;
    return row?.["at"] as string;
  };
  const before = await leaseEnd();
  await eventually(async () => expect(await leaseEnd()).not.toBe(before));
  return lineNow(of);
}

type Options = Omit<Partial<Parameters<typeof startTestRunner>[0]>, "sql">;

async function runnerOn(host: ScriptedMachine, options: Options = {}): Promise<RunningRunner> {
  const started = await startTestRunner({ sql: database.sql, driver: host.driver("host-a"), engine: host.engine(), ...options });
  running.push(started);
  return started;
}

/** The container's own sign-in, once it is there. */
async function signedInMachine(options: Options = {}, others: Record<string, Person> = {}): Promise<RunningRunner> {
  const driver = machine.driver("host-a");
  const withPerson = {
    ...driver,
    ensure: async (container: Parameters<typeof driver.ensure>[0]) => {
      const isNew = !machine.boxes.has(container.accountId);
      const ref = await driver.ensure(container);
      if (isNew) machine.signedInAs(container.accountId, others[container.accountId] ?? somebody(`turn-${names}`));
      return ref;
    },
  };
  return runnerOn(machine, { driver: withPerson, ...options });
}

const ask = (runner: RunningRunner, ticket: Parameters<typeof askTurn>[0]["ticket"] = {}, onFrame?: (frame: TurnFrame) => void) =>
  askTurn({ address: runner.address, account, keyId: owner.keyId, ticket }, onFrame);

const laneOf = async ({ laneId }: TestAccount) => {
  const [lane] = await database.sql`select state, state_reason as reason, state_until as until from lanes where id = ${laneId}`;
  return lane;
};
const accountOf = async ({ accountId }: TestAccount) => {
  const [row] = await database.sql`
    select state, fence::int, container_state as "containerState", lease_runner_id as "leaseRunnerId" from chatgpt_accounts where id = ${accountId}`;
  return row;
};

const mailsOf = ({ laneId }: TestAccount) => database.sql`select kind, payload from outbox where payload ->> 'laneId' = ${laneId}`;

/** As the engine says it when OpenAI has ended the sign-in. */
const REVOKED: DeclinedStep = {
  kind: "declined",
  class: "lost",
  reason: "signed_out",
  message: "Please log out and sign in again.",
  until: null,
  closes: null,
  signedOut: true,
  param: null,
};

/** A turn that waits in the middle until the test lets it go on. */
function gatedTurn() {
  const { pass, begun, open } = gate();
  const passOrEnd = (run: TurnRun) => Promise.race([pass(), aborted(run.signal)]);
  async function* script(run: TurnRun): AsyncGenerator<TurnStep> {
    await passOrEnd(run);
    if (run.signal.aborted) return;
    // Fails when its container was taken away meanwhile.
    await run.server.request("account/read", { refreshToken: false });
    yield* sayHello();
  }
  return { script, pass: passOrEnd, begun, open };
}

const aborted = (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

describe("a turn", () => {
  test("is answered by the account's container, which is started for it", async () => {
    const runner = await signedInMachine();
    const heard = await ask(runner);
    expect(heard).toMatchObject({ status: 200, body: ANSWER_TEXT, cut: false });
    expect(heard.frames.map(({ kind }) => kind)).toEqual(["running", "answer"]);
    expect(await accountOf(account)).toMatchObject({ fence: 1, containerState: "running", leaseRunnerId: runner.runner.id });
  });

  test("waits for its place, hears every change of it, and none is lost", async () => {
    const runner = await signedInMachine({ settings: { leaseS: 3 } });
    const [first, second] = [gatedTurn(), gatedTurn()];
    machine.scripts.push(first.script, second.script);
    const one = ask(runner);
    await first.begun;
    const places: number[][] = [[], []];
    const note = (index: number) => (frame: TurnFrame) => frame.kind === "queued" && places[index]!.push(frame.place);
    const two = ask(runner, {}, note(0));
    await eventually(() => expect(places[0]).toEqual([1]));
    const three = ask(runner, {}, note(1));
    await eventually(() => expect(places[1]).toEqual([2]));
    expect(await lineOf(account)).toEqual({ running: 1, waiting: 2 });
    first.open();
    second.open();
    const all = await Promise.all([one, two, three]);
    expect(all.map(({ body }) => body)).toEqual([ANSWER_TEXT, ANSWER_TEXT, ANSWER_TEXT]);
    expect(places).toEqual([[1], [2, 1]]);
    expect(await lineOf(account)).toEqual({ running: 0, waiting: 0 });
    await runOutLeases(database.sql, runner.runner.id);
    expect(await lineNow(account)).toBeNull();
  });

  test("whose client hangs up in line frees its place at once", async () => {
    const runner = await signedInMachine({ settings: { queueMax: 1 } });
    const first = gatedTurn();
    machine.scripts.push(first.script);
    const one = ask(runner);
    await first.begun;
    const hangUp = new AbortController();
    const queued = new Promise<void>((resolve) => {
      const asked = { address: runner.address, account, keyId: owner.keyId, signal: hangUp.signal };
      askTurn(asked, (frame) => frame.kind === "queued" && resolve()).catch(() => undefined);
    });
    await queued;
    expect((await ask(runner)).frames).toMatchObject([{ kind: "declined", class: "busy", reason: "queue_full" }]);
    hangUp.abort();
    await eventually(async () => {
      const again = await ask(runner, { queueMs: 1 });
      expect(again.frames.at(-1)).toMatchObject({ kind: "declined", class: "busy", reason: "queue_deadline" });
    });
    first.open();
    expect((await one).body).toBe(ANSWER_TEXT);
  });

  test("whose client hangs up while it runs is interrupted at once", async () => {
    const runner = await signedInMachine();
    let interrupted: () => void = () => undefined;
    const wasInterrupted = new Promise<void>((resolve) => (interrupted = resolve));
    const hangUp = new AbortController();
    machine.scripts.push(async function* (run) {
      yield { kind: "answer", contentType: "application/json" };
      hangUp.abort();
      await aborted(run.signal);
      interrupted();
    });
    await askTurn({ address: runner.address, account, keyId: owner.keyId, signal: hangUp.signal }).catch(() => undefined);
    await wasInterrupted;
    expect((await ask(runner)).body).toBe(ANSWER_TEXT);
  });

  test("of somebody else's account, lane or key is answered as if there were none", async () => {
    const runner = await signedInMachine();
    const stranger = await testCustomer(database.orm);
    const foreign = await signedInAccount(database.sql, stranger.userId, somebody(`stranger-${names}`));
    expect((await ask(runner, { userId: stranger.userId })).status).toBe(404);
    expect((await ask(runner, { laneId: foreign.laneId })).status).toBe(404);
    expect((await ask(runner, { keyId: stranger.keyId })).status).toBe(404);
    expect((await ask(runner, { accountId: foreign.accountId })).status).toBe(404);
    expect((await askAct(runner.address, "sign-out", account, stranger.userId)).status).toBe(404);
    expect(machine.boxes.size).toBe(0);
  });

  test("without the shared secret is refused before anything is read", async () => {
    const runner = await signedInMachine();
    const heard = await askTurn({ address: runner.address, account, keyId: owner.keyId, secret: "wrong" });
    expect(heard.status).toBe(401);
  });

  test("that finds the window used up closes the lane until the reset, and the next one is not even tried", async () => {
    const runner = await signedInMachine();
    const until = new Date(Date.now() + 3_600_000);
    machine.scripts.push(async function* () {
      yield {
        kind: "declined",
        class: "exhausted",
        reason: "usage_limit",
        message: "You have hit your usage limit.",
        until,
        closes: "account",
        signedOut: false,
        param: null,
      };
    });
    expect((await ask(runner)).frames.at(-1)).toMatchObject({ kind: "declined", class: "exhausted", until: until.toISOString() });
    expect(await laneOf(account)).toMatchObject({ state: "exhausted", until });
    expect((await ask(runner)).frames).toMatchObject([{ kind: "declined", class: "exhausted", reason: "usage_limit_reached" }]);
  });

  test("that breaks off because its window has filled says so: the next lane may answer", async () => {
    const runner = await signedInMachine();
    const until = new Date(Date.now() + 3_600_000);
    machine.limits = openLimits(100, until);
    machine.scripts.push(async function* () {
      yield {
        kind: "declined",
        class: "busy",
        reason: "upstream_cut",
        message: "stream disconnected before completion",
        until: null,
        closes: null,
        signedOut: false,
        param: null,
      };
    });
    expect((await ask(runner)).frames.at(-1)).toMatchObject({ kind: "declined", class: "exhausted", reason: "usage_limit_reached" });
    expect(await laneOf(account)).toMatchObject({ state: "exhausted" });
  });

  test("that finds the sign-in gone signs the account out, with a message that says what to do", async () => {
    const runner = await signedInMachine();
    machine.scripts.push(async function* () {
      yield {
        kind: "declined",
        class: "lost",
        reason: "signed_out",
        message: "Please log out and sign in again.",
        until: null,
        closes: null,
        signedOut: true,
        param: null,
      };
    });
    expect((await ask(runner)).frames.at(-1)).toMatchObject({ kind: "declined", class: "lost" });
    expect(await accountOf(account)).toMatchObject({ state: "signed_out" });
    expect(await laneOf(account)).toMatchObject({ state: "signed_out" });
    expect((await ask(runner)).frames).toMatchObject([{ class: "lost", reason: "signed_out" }]);
  });

  test("whose sign-in is revoked in the middle of the answer keeps what was said, and signs the account out", async () => {
    const runner = await signedInMachine();
    machine.scripts.push(async function* (run) {
      yield* sayHello();
      run.onTrouble?.(REVOKED);
    });
    const heard = await ask(runner);
    expect(heard).toMatchObject({ status: 200, body: ANSWER_TEXT, cut: false });
    expect(heard.frames.map(({ kind }) => kind)).toEqual(["running", "answer"]);
    expect(await accountOf(account)).toMatchObject({ state: "signed_out" });
    expect(await laneOf(account)).toMatchObject({ state: "signed_out" });
    expect((await ask(runner)).frames).toMatchObject([{ class: "lost", reason: "signed_out" }]);
    expect(await mailsOf(account)).toMatchObject([{ kind: "signed_out_by_openai" }]);
  });

  test("revoked together with another keeps its answer if it had begun, is declined if not, and their owner has one mail", async () => {
    await database.sql`update chatgpt_accounts set turns_max = 2 where id = ${account.accountId}`;
    const runner = await signedInMachine();
    const [answering, silent] = [gatedTurn(), gatedTurn()];
    machine.scripts.push(
      async function* (run) {
        yield* answering.script(run);
        run.onTrouble?.(REVOKED);
      },
      async function* (run) {
        await silent.pass(run);
        yield REVOKED;
      },
    );
    const one = ask(runner);
    await answering.begun;
    const two = ask(runner);
    await silent.begun;
    answering.open();
    silent.open();
    expect(await one).toMatchObject({ body: ANSWER_TEXT, cut: false });
    expect((await two).frames).toMatchObject([{ kind: "running" }, { kind: "declined", class: "lost", reason: "signed_out", until: null }]);
    expect(await laneOf(account)).toMatchObject({ state: "signed_out" });
    expect(await mailsOf(account)).toMatchObject([{ kind: "signed_out_by_openai" }]);
  });
});

describe("a container that is lost", () => {
  const lostBefore = (): AsyncIterable<TurnStep> => ({
    [Symbol.asyncIterator]: () => ({
      next: () => {
        machine.kill(account.accountId);
        return Promise.reject(new ConnectionLost("gone"));
      },
    }),
  });

  test("before its turn has said anything is started again, and the turn runs again", async () => {
    const runner = await signedInMachine();
    machine.scripts.push(lostBefore);
    expect((await ask(runner)).body).toBe(ANSWER_TEXT);
    expect(machine.boxes.get(account.accountId)?.starts).toBe(2);
  });

  test("before its turn has said anything, twice, is enough: another lane may answer", async () => {
    const runner = await signedInMachine();
    machine.scripts.push(lostBefore, lostBefore);
    expect((await ask(runner)).frames.at(-1)).toMatchObject({ kind: "declined", class: "lost", reason: "container_lost" });
  });

  test("with a turn that another runner has run before is not run again", async () => {
    const runner = await signedInMachine();
    machine.scripts.push(lostBefore);
    expect((await ask(runner, { isRerun: true })).frames.at(-1)).toMatchObject({
      kind: "declined",
      class: "lost",
      reason: "container_lost",
    });
  });

  test("in the middle of an answer cuts it: nothing is said twice", async () => {
    const runner = await signedInMachine();
    let hear: () => void = () => undefined;
    const isHeard = new Promise<void>((resolve) => (hear = resolve));
    machine.scripts.push(async function* () {
      yield { kind: "answer", contentType: "text/event-stream" };
      await isHeard;
      machine.kill(account.accountId);
      throw new ConnectionLost("gone");
    });
    const heard = await ask(runner, {}, (frame) => frame.kind === "answer" && hear());
    expect(heard).toMatchObject({ status: 200, body: "", cut: true });
    expect(heard.frames.map(({ kind }) => kind)).toEqual(["running", "answer"]);
    expect(machine.boxes.get(account.accountId)?.starts).toBe(1);
  });

  test("for want of memory says so on the account's page", async () => {
    const runner = await signedInMachine();
    await ask(runner);
    machine.kill(account.accountId, { oom: true });
    await eventually(async () => {
      const [event] = await database.sql`
        select detail from account_events where account_id = ${account.accountId} and kind = 'container_stopped'`;
      expect(event?.["detail"]).toMatch(/ran out of memory \(512 MiB\)/);
    });
    expect((await ask(runner)).body).toBe(ANSWER_TEXT);
  });

  test.each([
    { reason: "driver_missing" as const, said: "bwrap is not installed", words: /operator's machine cannot start containers/ },
    { reason: "no_space" as const, said: "the disk is full", words: /no space left/ },
    { reason: "failed" as const, said: "it died", words: /did not come up: it died/ },
    { reason: "unreachable" as const, said: "no answer", words: /does not answer/ },
  ])(
    "and does not come up ($reason) declines with words for its owner, and is tried again when it can",
    async ({ reason, said, words }) => {
      const runner = await signedInMachine();
      machine.startFails = new ContainerError(reason, said);
      const declinedFrame = (await ask(runner)).frames.at(-1);
      expect(declinedFrame).toMatchObject({ kind: "declined", class: "lost", reason: "container_failed" });
      expect(declinedFrame?.kind === "declined" && declinedFrame.message).toMatch(words);
      expect(await laneOf(account)).toMatchObject({ state: "cooling", reason: expect.stringMatching(/^container_failed: /) });
      expect(await accountOf(account)).toMatchObject({ containerState: "failed" });
      machine.startFails = null;
      expect((await ask(runner)).body).toBe(ANSWER_TEXT);
      expect(await laneOf(account)).toMatchObject({ state: "ready" });
    },
  );
});

describe("a second runner", () => {
  test("is told where the account is while the first lives", async () => {
    const [first, second] = [await signedInMachine(), await runnerOn(machine)];
    await ask(first);
    const heard = await ask(second);
    expect(heard.status).toBe(409);
    expect(JSON.parse(heard.body)).toEqual({ movedTo: first.address });
  });

  test("takes over the surviving container when the first is silent, and the first lets go of its turn by itself", async () => {
    const first = await signedInMachine({ settings: { leaseS: 3 } });
    const turn = gatedTurn();
    machine.scripts.push(turn.script);
    const cut = ask(first);
    await turn.begun;
    await runOutLeases(database.sql, first.runner.id);
    const second = await runnerOn(machine);
    expect((await ask(second)).body).toBe(ANSWER_TEXT);
    expect(await accountOf(account)).toMatchObject({ fence: 2, leaseRunnerId: second.runner.id });
    expect(machine.boxes.get(account.accountId)?.starts).toBe(1);
    // Its next heartbeat finds the lease gone.
    expect(await cut).toMatchObject({ cut: true });
    expect((await ask(first)).status).toBe(409);
  });

  test("finds what a stopped one gave back, container and all", async () => {
    const first = await signedInMachine();
    await ask(first);
    await running.shift()!.stop("leave");
    expect(await accountOf(account)).toMatchObject({ leaseRunnerId: null, containerState: "running" });
    const second = await runnerOn(machine);
    await eventually(async () => expect(await accountOf(account)).toMatchObject({ fence: 2, leaseRunnerId: second.runner.id }));
    expect((await ask(second)).body).toBe(ANSWER_TEXT);
    expect(machine.boxes.get(account.accountId)?.starts).toBe(1);
  });
});

describe("a runner that stops", () => {
  test("lets a running turn end, sends the waiting away, and takes nothing new", async () => {
    const runner = await signedInMachine();
    const turn = gatedTurn();
    machine.scripts.push(turn.script);
    const one = ask(runner);
    await turn.begun;
    let queued: () => void = () => undefined;
    const isQueued = new Promise<void>((resolve) => (queued = resolve));
    const two = ask(runner, {}, (frame) => frame.kind === "queued" && queued());
    await isQueued;
    const stopped = running.shift()!.stop("stop");
    expect(await two).toMatchObject({ cut: true, body: "" });
    expect((await ask(runner)).status).toBe(503);
    turn.open();
    expect((await one).body).toBe(ANSWER_TEXT);
    await stopped;
    expect(machine.boxes.get(account.accountId)?.running).toBe(false);
    expect(await accountOf(account)).toMatchObject({ leaseRunnerId: null, containerState: "stopped" });
  });
});

test("a runner that stops leaves the containers of the others alone", async () => {
  const [ours, theirs] = [await signedInMachine(), await runnerOn(machine)];
  const turn = gatedTurn();
  machine.scripts.push(turn.script);
  const one = ask(ours);
  await turn.begun;
  running.splice(running.indexOf(theirs), 1);
  await theirs.stop("stop");
  turn.open();
  expect(await one).toMatchObject({ body: ANSWER_TEXT, cut: false });
  expect(machine.boxes.get(account.accountId)?.starts).toBe(1);
});

describe("a container that is being stopped", () => {
  test("takes no new turn: it waits for the next start", async () => {
    const runner = await signedInMachine();
    await ask(runner);
    const stopping = gate();
    machine.before.stop = stopping.pass;
    const restarted = askAct(runner.address, "restart", account);
    await stopping.begun;
    let server: unknown = null;
    machine.scripts.push(async function* (run) {
      server = run.server;
      await run.server.request("account/read", { refreshToken: false });
      yield* sayHello();
    });
    let isRunning: () => void = () => undefined;
    const runs = new Promise<void>((resolve) => (isRunning = resolve));
    const one = ask(runner, {}, (frame) => frame.kind === "running" && isRunning());
    await runs;
    expect(server).toBeNull();
    machine.before.stop = undefined;
    stopping.open();
    expect((await one).body).toBe(ANSWER_TEXT);
    await restarted;
    const reruns = await database.sql`select 1 from account_events where account_id = ${account.accountId} and kind = 'turn_rerun'`;
    expect(reruns).toHaveLength(0);
    expect(machine.boxes.get(account.accountId)?.starts).toBe(2);
  });

  test("because it was idle goes on when somebody has come meanwhile", async () => {
    const runner = await signedInMachine({ settings: { idleStopMs: 20 } });
    const measuring = gate();
    machine.before.measure = measuring.pass;
    await ask(runner);
    await measuring.begun;
    const turn = gatedTurn();
    machine.scripts.push(turn.script);
    const one = ask(runner);
    await turn.begun;
    machine.before.measure = undefined;
    measuring.open();
    // Behind it in the order of starts and stops.
    await askAct(runner.address, "check-now", account);
    turn.open();
    expect(await one).toMatchObject({ body: ANSWER_TEXT, cut: false });
    expect(machine.boxes.get(account.accountId)?.starts).toBe(1);
  });

  test("by a runner that has lost the lease meanwhile is left to the one that has it", async () => {
    const first = await signedInMachine({ settings: { leaseS: 3 } });
    const starting = gate();
    machine.before.ensure = starting.pass;
    const cut = ask(first);
    await starting.begun;
    const restarted = askAct(first.address, "restart", account);
    await eventually(() => expect(machine.boxes.size).toBe(0));
    await runOutLeases(database.sql, first.runner.id);
    machine.before.ensure = undefined;
    const second = await signedInMachine();
    const turn = gatedTurn();
    machine.scripts.push(turn.script);
    const one = ask(second);
    await turn.begun;
    starting.open();
    await Promise.all([cut, restarted]);
    turn.open();
    expect(await one).toMatchObject({ body: ANSWER_TEXT, cut: false });
    expect(machine.boxes.get(account.accountId)?.starts).toBe(1);
  });
});

describe("the windows of an account", () => {
  test("are asked for at the reset, and the lane opens again by itself", async () => {
    const runner = await signedInMachine();
    await ask(runner);
    machine.limits = openLimits(100, new Date(Date.now() + 3_000));
    await askAct(runner.address, "check-now", account);
    expect(await laneOf(account)).toMatchObject({ state: "exhausted" });
    machine.limits = openLimits(0);
    await eventually(async () => expect(await laneOf(account)).toMatchObject({ state: "ready" }));
    expect((await ask(runner)).body).toBe(ANSWER_TEXT);
  });

  test("of a lane that a dead runner left exhausted are looked at by the next one", async () => {
    const until = new Date(Date.now() + 200);
    const first = await signedInMachine();
    await ask(first);
    await running.shift()!.stop("stop");
    await database.sql`update lanes set state = 'exhausted', state_until = ${until.toISOString()} where id = ${account.laneId}`;
    await runnerOn(machine);
    await eventually(async () => expect(await laneOf(account)).toMatchObject({ state: "ready" }));
  });
});

test("an idle container stops, and starts again with the next turn", async () => {
  const runner = await signedInMachine({ settings: { idleStopMs: 20 } });
  await ask(runner);
  await eventually(async () => expect(await accountOf(account)).toMatchObject({ containerState: "stopped" }));
  expect((await ask(runner)).body).toBe(ANSWER_TEXT);
  expect(machine.boxes.get(account.accountId)?.starts).toBe(2);
});

test("the operator's switch stops every container, and turns are declined until it is on again", async () => {
  const runner = await signedInMachine({ settings: { leaseS: 3 } });
  await ask(runner);
  await database.sql`insert into settings (name, value) values ('codex_lanes', '{"enabled": false}')`;
  await eventually(() => expect(machine.boxes.get(account.accountId)?.running).toBe(false));
  expect((await ask(runner)).frames).toMatchObject([{ kind: "declined", class: "lost", reason: "paused_by_operator" }]);
  for (const act of ["check-now", "restart"]) await askAct(runner.address, act, account);
  expect(machine.boxes.get(account.accountId)).toMatchObject({ running: false, starts: 1 });
  await database.sql`delete from settings where name = 'codex_lanes'`;
  await eventually(async () => expect((await ask(runner)).body).toBe(ANSWER_TEXT));
});

test("a home that grew too large is emptied of logs by a new start, and its owner told when that was not enough", async () => {
  const runner = await signedInMachine({ timings: { reconcileMs: 20, homeLookMs: 0 } });
  await ask(runner);
  const box = machine.boxes.get(account.accountId)!;
  box.bytes = 300 * 1024 * 1024;
  const whatToDo = "Its home is full (300 of 256 MiB). Sign out and in again to empty it.";
  const lastEvents = async () => {
    const events = await database.sql`select kind, detail from account_events where account_id = ${account.accountId} order by id`;
    return events.map(({ kind, detail }) => [kind as string, detail as string | null]);
  };
  await eventually(async () => expect(await lastEvents()).toContainEqual(["home_recycled", "300 of 256 MiB"]));
  await eventually(async () => expect(await accountOf(account)).toMatchObject({ containerState: "stopped" }));
  expect(await laneOf(account)).toMatchObject({ state: "ready" });
  expect((await ask(runner)).body).toBe(ANSWER_TEXT);
  expect(box.starts).toBe(2);
  await eventually(async () =>
    expect(await laneOf(account)).toMatchObject({
      state: "cooling",
      reason: `container_failed: ${whatToDo}`,
      until: expect.any(Date),
    }),
  );
  expect(await accountOf(account)).toMatchObject({ containerState: "failed" });
  const [row] = await database.sql`select container_reason as said from chatgpt_accounts where id = ${account.accountId}`;
  expect(row?.["said"]).toBe(`no_space: ${whatToDo}`);
  expect(await lastEvents()).toContainEqual(["container_failed", `no_space: ${whatToDo}`]);
  expect(await mailsOf(account)).toMatchObject([{ kind: "container_failed", payload: { message: whatToDo } }]);
});

test("a home that grew too large in the middle of work is emptied as soon as the work is done", async () => {
  const person = somebody(`turn-${names}`);
  const bytes = 300 * 1024 * 1024;
  const box = { ...machine.newBox(), person, bytes };
  machine.boxes.set(account.accountId, box);
  const runner = await signedInMachine({ timings: { reconcileMs: 20 } });
  const turn = gatedTurn();
  machine.scripts.push(turn.script);
  const heard = ask(runner);
  const sizeSeen = async () => {
    const [row] = await database.sql`select home_bytes::float8 as bytes from chatgpt_accounts where id = ${account.accountId}`;
    return row?.["bytes"] as number | null;
  };
  await eventually(async () => expect(await sizeSeen()).toBe(bytes));
  expect(box.running).toBe(true);
  turn.open();
  expect((await heard).body).toBe(ANSWER_TEXT);
  await eventually(async () => {
    const events = await database.sql`select kind from account_events where account_id = ${account.accountId}`;
    expect(events).toContainEqual({ kind: "home_recycled" });
  });
});

test("a home that grew too large is not called emptied when somebody came before its container was stopped", async () => {
  const runner = await signedInMachine({ timings: { reconcileMs: 20, homeLookMs: 0 } });
  await ask(runner);
  const box = machine.boxes.get(account.accountId)!;
  const stopping = gate();
  machine.before.stop = stopping.pass;
  const restarted = askAct(runner.address, "restart", account);
  await stopping.begun;
  let looks = 0;
  machine.before.measure = () => Promise.resolve(void (looks += 1));
  box.bytes = 300 * 1024 * 1024;
  // What this look finds is acted upon behind the stop that is held.
  await eventually(() => expect(looks).toBeGreaterThan(0));
  const turn = gatedTurn();
  machine.scripts.push(turn.script);
  const heard = ask(runner);
  await eventually(() => expect(runner.runner.desks().map(({ isBusy }) => isBusy)).toContain(true));
  machine.before.stop = undefined;
  stopping.open();
  await turn.begun;
  const looksBefore = looks;
  await eventually(() => expect(looks).toBeGreaterThan(looksBefore + 1));
  const events = () => database.sql`select kind from account_events where account_id = ${account.accountId}`;
  expect(await events()).not.toContainEqual({ kind: "home_recycled" });
  turn.open();
  expect((await heard).body).toBe(ANSWER_TEXT);
  await restarted;
  await eventually(async () => expect(await events()).toContainEqual({ kind: "home_recycled" }));
});

test("a canary runs the version that was chosen for it, and everybody else the installation's", async () => {
  const theirs = somebody(`not-a-canary-${names}`);
  const other = await signedInAccount(database.sql, owner.userId, theirs);
  await database.sql`update chatgpt_accounts set codex_version_canary = '0.170.0' where id = ${account.accountId}`;
  const runner = await signedInMachine({}, { [other.accountId]: theirs });
  const versionsOf = async () => {
    const rows = await database.sql`
      select id, codex_version as version from chatgpt_accounts where id in ${database.sql([account.accountId, other.accountId])}`;
    return Object.fromEntries(rows.map(({ id, version }) => [id as string, version as string]));
  };
  for (const one of [account, other]) await askTurn({ address: runner.address, account: one, keyId: owner.keyId });
  expect(machine.boxes.get(account.accountId)?.codexVersion).toBe("0.170.0");
  expect(machine.boxes.get(other.accountId)?.codexVersion).toBe("0.169.0");
  expect(await versionsOf()).toEqual({ [account.accountId]: "0.170.0", [other.accountId]: "0.169.0" });
  // What runs goes on; the next start is of the other version.
  await database.sql`update chatgpt_accounts set codex_version_canary = null where id = ${account.accountId}`;
  await askAct(runner.address, "restart", account);
  expect(machine.boxes.get(account.accountId)?.codexVersion).toBe("0.169.0");
});

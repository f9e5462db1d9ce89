import { describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { gate } from "@/tests/factories/gate";
import { askAct, askTurn, runOutLeases, signedInAccount } from "@/tests/factories/runner";
import { runnerScene } from "@/tests/factories/runner-scene";
import { ANSWER_TEXT, sayHello, somebody } from "@/tests/factories/scripted-containers";
import { gatedTurn } from "@/tests/factories/scripted-turns";
import { ConnectionLost } from "@/workers/codex-runner/app-server/connection-lost";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import type { TurnStep } from "@/workers/codex-runner/engine/turn-engine";

const scene = runnerScene({ isSignedIn: true });

describe("a container that is lost", () => {
  const lostBefore = (): AsyncIterable<TurnStep> => ({
    [Symbol.asyncIterator]: () => ({
      next: () => {
        scene.machine.kill(scene.account.accountId);
        return Promise.reject(new ConnectionLost("gone"));
      },
    }),
  });

  test("before its turn has said anything is started again, and the turn runs again", async () => {
    const runner = await scene.startRunner();
    scene.machine.scripts.push(lostBefore);
    expect((await scene.ask(runner)).body).toBe(ANSWER_TEXT);
    expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(2);
  });

  test("before its turn has said anything, twice, is enough: another lane may answer", async () => {
    const runner = await scene.startRunner();
    scene.machine.scripts.push(lostBefore, lostBefore);
    expect((await scene.ask(runner)).frames.at(-1)).toMatchObject({ kind: "declined", class: "lost", reason: "container_lost" });
  });

  test("with a turn that another runner has run before is not run again", async () => {
    const runner = await scene.startRunner();
    scene.machine.scripts.push(lostBefore);
    expect((await scene.ask(runner, { isRerun: true })).frames.at(-1)).toMatchObject({
      kind: "declined",
      class: "lost",
      reason: "container_lost",
    });
  });

  test("in the middle of an answer cuts it: nothing is said twice", async () => {
    const runner = await scene.startRunner();
    let hear: () => void = () => undefined;
    const isHeard = new Promise<void>((resolve) => (hear = resolve));
    scene.machine.scripts.push(async function* () {
      yield { kind: "answer", contentType: "text/event-stream" };
      await isHeard;
      scene.machine.kill(scene.account.accountId);
      throw new ConnectionLost("gone");
    });
    const heard = await scene.ask(runner, {}, (frame) => frame.kind === "answer" && hear());
    expect(heard).toMatchObject({ status: 200, body: "", cut: true });
    expect(heard.frames.map(({ kind }) => kind)).toEqual(["running", "answer"]);
    expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(1);
  });

  test("for want of memory says so on the account's page", async () => {
    const runner = await scene.startRunner();
    await scene.ask(runner);
    scene.machine.kill(scene.account.accountId, { oom: true });
    await eventually(async () => {
      const [event] = await scene.sql`
        select detail from account_events where account_id = ${scene.account.accountId} and kind = 'container_stopped'`;
      expect(event?.["detail"]).toMatch(/ran out of memory \(512 MiB\)/);
    });
    expect((await scene.ask(runner)).body).toBe(ANSWER_TEXT);
  });

  test.each([
    { reason: "driver_missing" as const, said: "bwrap is not installed", words: /operator's machine cannot start containers/ },
    { reason: "no_space" as const, said: "the disk is full", words: /no space left/ },
    { reason: "failed" as const, said: "it died", words: /did not come up: it died/ },
    { reason: "unreachable" as const, said: "no answer", words: /does not answer/ },
  ])(
    "and does not come up ($reason) declines with words for its owner, and is tried again when it can",
    async ({ reason, said, words }) => {
      const runner = await scene.startRunner();
      scene.machine.startFails = new ContainerError(reason, said);
      const declinedFrame = (await scene.ask(runner)).frames.at(-1);
      expect(declinedFrame).toMatchObject({ kind: "declined", class: "lost", reason: "container_failed" });
      expect(declinedFrame?.kind === "declined" && declinedFrame.message).toMatch(words);
      expect(await scene.laneRow()).toMatchObject({ state: "cooling", reason: expect.stringMatching(/^container_failed: /) });
      expect(await scene.accountRow()).toMatchObject({ containerState: "failed" });
      scene.machine.startFails = null;
      expect((await scene.ask(runner)).body).toBe(ANSWER_TEXT);
      expect(await scene.laneRow()).toMatchObject({ state: "ready" });
    },
  );
});

describe("a container that is being stopped", () => {
  test("takes no new turn: it waits for the next start", async () => {
    const runner = await scene.startRunner();
    await scene.ask(runner);
    const stopping = gate();
    scene.machine.before.stop = stopping.pass;
    const restarted = askAct(runner.address, "restart", scene.account);
    await stopping.begun;
    let server: unknown = null;
    scene.machine.scripts.push(async function* (run) {
      server = run.server;
      await run.server.request("account/read", { refreshToken: false });
      yield* sayHello();
    });
    let isRunning: () => void = () => undefined;
    const runs = new Promise<void>((resolve) => (isRunning = resolve));
    const one = scene.ask(runner, {}, (frame) => frame.kind === "running" && isRunning());
    await runs;
    expect(server).toBeNull();
    scene.machine.before.stop = undefined;
    stopping.open();
    expect((await one).body).toBe(ANSWER_TEXT);
    await restarted;
    const reruns = await scene.sql`select 1 from account_events where account_id = ${scene.account.accountId} and kind = 'turn_rerun'`;
    expect(reruns).toHaveLength(0);
    expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(2);
  });

  test("because it was idle goes on when somebody has come meanwhile", async () => {
    const runner = await scene.startRunner({ settings: { idleStopMs: 20 } });
    const measuring = gate();
    scene.machine.before.measure = measuring.pass;
    await scene.ask(runner);
    await measuring.begun;
    const turn = gatedTurn();
    scene.machine.scripts.push(turn.script);
    const one = scene.ask(runner);
    await turn.begun;
    scene.machine.before.measure = undefined;
    measuring.open();
    // Behind it in the order of starts and stops.
    await askAct(runner.address, "check-now", scene.account);
    turn.open();
    expect(await one).toMatchObject({ body: ANSWER_TEXT, cut: false });
    expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(1);
  });

  test("by a runner that has lost the lease meanwhile is left to the one that has it", async () => {
    const first = await scene.startRunner({ settings: { leaseS: 3 } });
    const starting = gate();
    scene.machine.before.ensure = starting.pass;
    const cut = scene.ask(first);
    await starting.begun;
    const restarted = askAct(first.address, "restart", scene.account);
    await eventually(() => expect(scene.machine.boxes.size).toBe(0));
    await runOutLeases(scene.sql, first.runner.id);
    scene.machine.before.ensure = undefined;
    const second = await scene.startRunner();
    const turn = gatedTurn();
    scene.machine.scripts.push(turn.script);
    const one = scene.ask(second);
    await turn.begun;
    starting.open();
    await Promise.all([cut, restarted]);
    turn.open();
    expect(await one).toMatchObject({ body: ANSWER_TEXT, cut: false });
    expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(1);
  });
});

test("an idle container stops, and starts again with the next turn", async () => {
  const runner = await scene.startRunner({ settings: { idleStopMs: 20 } });
  await scene.ask(runner);
  await eventually(async () => expect(await scene.accountRow()).toMatchObject({ containerState: "stopped" }));
  expect((await scene.ask(runner)).body).toBe(ANSWER_TEXT);
  expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(2);
});

test("a home that grew too large is emptied of logs by a new start, and its owner told when that was not enough", async () => {
  const runner = await scene.startRunner({ timings: { reconcileMs: 20, homeLookMs: 0 } });
  await scene.ask(runner);
  const box = scene.machine.boxes.get(scene.account.accountId)!;
  box.bytes = 300 * 1024 * 1024;
  const whatToDo = "Its home is full (300 of 256 MiB). Sign out and in again to empty it.";
  const lastEvents = async () => {
    const events = await scene.sql`select kind, detail from account_events where account_id = ${scene.account.accountId} order by id`;
    return events.map(({ kind, detail }) => [kind as string, detail as string | null]);
  };
  await eventually(async () => expect(await lastEvents()).toContainEqual(["home_recycled", "300 of 256 MiB"]));
  await eventually(async () => expect(await scene.accountRow()).toMatchObject({ containerState: "stopped" }));
  expect(await scene.laneRow()).toMatchObject({ state: "ready" });
  expect((await scene.ask(runner)).body).toBe(ANSWER_TEXT);
  expect(box.starts).toBe(2);
  await eventually(async () =>
    expect(await scene.laneRow()).toMatchObject({
      state: "cooling",
      reason: `container_failed: ${whatToDo}`,
      until: expect.any(Date),
    }),
  );
  expect(await scene.accountRow()).toMatchObject({ containerState: "failed" });
  const [row] = await scene.sql`select container_reason as said from chatgpt_accounts where id = ${scene.account.accountId}`;
  expect(row?.["said"]).toBe(`no_space: ${whatToDo}`);
  expect(await lastEvents()).toContainEqual(["container_failed", `no_space: ${whatToDo}`]);
  expect(await scene.mails()).toMatchObject([{ kind: "container_failed", payload: { message: whatToDo } }]);
});

test("a home that grew too large in the middle of work is emptied as soon as the work is done", async () => {
  const bytes = 300 * 1024 * 1024;
  const box = { ...scene.machine.newBox(), bytes };
  scene.machine.boxes.set(scene.account.accountId, box);
  const runner = await scene.startRunner({ timings: { reconcileMs: 20 } });
  const turn = gatedTurn();
  scene.machine.scripts.push(turn.script);
  const heard = scene.ask(runner);
  const sizeSeen = async () => {
    const [row] = await scene.sql`select home_bytes::float8 as bytes from chatgpt_accounts where id = ${scene.account.accountId}`;
    return row?.["bytes"] as number | null;
  };
  await eventually(async () => expect(await sizeSeen()).toBe(bytes));
  expect(box.running).toBe(true);
  turn.open();
  expect((await heard).body).toBe(ANSWER_TEXT);
  await eventually(async () => {
    const events = await scene.sql`select kind from account_events where account_id = ${scene.account.accountId}`;
    expect(events).toContainEqual({ kind: "home_recycled" });
  });
});

test("a home that grew too large is not called emptied when somebody came before its container was stopped", async () => {
  const runner = await scene.startRunner({ timings: { reconcileMs: 20, homeLookMs: 0 } });
  await scene.ask(runner);
  const box = scene.machine.boxes.get(scene.account.accountId)!;
  const stopping = gate();
  scene.machine.before.stop = stopping.pass;
  const restarted = askAct(runner.address, "restart", scene.account);
  await stopping.begun;
  let looks = 0;
  scene.machine.before.measure = () => Promise.resolve(void (looks += 1));
  box.bytes = 300 * 1024 * 1024;
  // What this look finds is acted upon behind the stop that is held.
  await eventually(() => expect(looks).toBeGreaterThan(0));
  const turn = gatedTurn();
  scene.machine.scripts.push(turn.script);
  const heard = scene.ask(runner);
  await eventually(() => expect(runner.runner.desks().map(({ isBusy }) => isBusy)).toContain(true));
  scene.machine.before.stop = undefined;
  stopping.open();
  await turn.begun;
  const looksBefore = looks;
  await eventually(() => expect(looks).toBeGreaterThan(looksBefore + 1));
  const events = () => scene.sql`select kind from account_events where account_id = ${scene.account.accountId}`;
  expect(await events()).not.toContainEqual({ kind: "home_recycled" });
  turn.open();
  expect((await heard).body).toBe(ANSWER_TEXT);
  await restarted;
  await eventually(async () => expect(await events()).toContainEqual({ kind: "home_recycled" }));
});

test("a canary runs the version that was chosen for it, and everybody else the installation's", async () => {
  const theirs = somebody("not a canary");
  const other = await signedInAccount(scene.sql, scene.owner.userId, theirs);
  await scene.sql`update chatgpt_accounts set codex_version_canary = '0.170.0' where id = ${scene.account.accountId}`;
  const runner = await scene.startRunner();
  const versionsOf = async () => {
    const rows = await scene.sql`
      select id, codex_version as version from chatgpt_accounts where id in ${scene.sql([scene.account.accountId, other.accountId])}`;
    return Object.fromEntries(rows.map(({ id, version }) => [id as string, version as string]));
  };
  await scene.ask(runner);
  scene.machine.signInOnStart = theirs;
  await askTurn({ address: runner.address, account: other, keyId: scene.owner.keyId });
  expect(scene.machine.boxes.get(scene.account.accountId)?.codexVersion).toBe("0.170.0");
  expect(scene.machine.boxes.get(other.accountId)?.codexVersion).toBe("0.169.0");
  expect(await versionsOf()).toEqual({ [scene.account.accountId]: "0.170.0", [other.accountId]: "0.169.0" });
  // What runs goes on; the next start is of the other version.
  await scene.sql`update chatgpt_accounts set codex_version_canary = null where id = ${scene.account.accountId}`;
  await askAct(runner.address, "restart", scene.account);
  expect(scene.machine.boxes.get(scene.account.accountId)?.codexVersion).toBe("0.169.0");
});

import { describe, expect, test } from "vitest";
import type { Viewer } from "@/lib/access/viewer";
import { accountsOf } from "@/lib/codex/read";
import type { TurnFrame } from "@/lib/turns/runner-protocol";
import { testCustomer } from "@/tests/factories/customer";
import { eventually } from "@/tests/factories/eventually";
import { askAct, askTurn, runOutLeases, signedInAccount } from "@/tests/factories/runner";
import { runnerScene } from "@/tests/factories/runner-scene";
import { ANSWER_TEXT, openLimits, sayHello, somebody } from "@/tests/factories/scripted-containers";
import { aborted, gatedTurn, SIGN_IN_ENDED } from "@/tests/factories/scripted-turns";

const scene = runnerScene({ isSignedIn: true });

describe("a turn", () => {
  test("is answered by the account's container, which is started for it", async () => {
    const runner = await scene.startRunner();
    const heard = await scene.ask(runner);
    expect(heard).toMatchObject({ status: 200, body: ANSWER_TEXT, cut: false });
    expect(heard.frames.map(({ kind }) => kind)).toEqual(["running", "answer"]);
    expect(await scene.accountRow()).toMatchObject({ fence: 1, containerState: "running", leaseRunnerId: runner.runner.id });
  });

  test("waits for its place, hears every change of it, and none is lost", async () => {
    const runner = await scene.startRunner({ settings: { leaseS: 3 } });
    const [first, second] = [gatedTurn(), gatedTurn()];
    scene.machine.scripts.push(first.script, second.script);
    const one = scene.ask(runner);
    await first.begun;
    const places: number[][] = [[], []];
    const note = (index: number) => (frame: TurnFrame) => frame.kind === "queued" && places[index]!.push(frame.place);
    const two = scene.ask(runner, {}, note(0));
    await eventually(() => expect(places[0]).toEqual([1]));
    const three = scene.ask(runner, {}, note(1));
    await eventually(() => expect(places[1]).toEqual([2]));
    expect(await lineAtNextHeartbeat()).toEqual({ running: 1, waiting: 2 });
    first.open();
    second.open();
    const all = await Promise.all([one, two, three]);
    expect(all.map(({ body }) => body)).toEqual([ANSWER_TEXT, ANSWER_TEXT, ANSWER_TEXT]);
    expect(places).toEqual([[1], [2, 1]]);
    expect(await lineAtNextHeartbeat()).toEqual({ running: 0, waiting: 0 });
    await runOutLeases(scene.sql, runner.runner.id);
    expect(await lineNow()).toBeNull();
  });

  test("whose client hangs up in line frees its place at once", async () => {
    const runner = await scene.startRunner({ settings: { queueMax: 1 } });
    const first = gatedTurn();
    scene.machine.scripts.push(first.script);
    const one = scene.ask(runner);
    await first.begun;
    const hangUp = new AbortController();
    const queued = new Promise<void>((resolve) => {
      const asked = { address: runner.address, account: scene.account, keyId: scene.owner.keyId, signal: hangUp.signal };
      askTurn(asked, (frame) => frame.kind === "queued" && resolve()).catch(() => undefined);
    });
    await queued;
    expect((await scene.ask(runner)).frames).toMatchObject([{ kind: "declined", class: "busy", reason: "queue_full" }]);
    hangUp.abort();
    await eventually(async () => {
      const again = await scene.ask(runner, { queueMs: 1 });
      expect(again.frames.at(-1)).toMatchObject({ kind: "declined", class: "busy", reason: "queue_deadline" });
    });
    first.open();
    expect((await one).body).toBe(ANSWER_TEXT);
  });

  test("whose client hangs up while it runs is interrupted at once", async () => {
    const runner = await scene.startRunner();
    let interrupted: () => void = () => undefined;
    const wasInterrupted = new Promise<void>((resolve) => (interrupted = resolve));
    const hangUp = new AbortController();
    scene.machine.scripts.push(async function* (run) {
      yield { kind: "answer", contentType: "application/json" };
      hangUp.abort();
      await aborted(run.signal);
      interrupted();
    });
    await askTurn({ address: runner.address, account: scene.account, keyId: scene.owner.keyId, signal: hangUp.signal }).catch(
      () => undefined,
    );
    await wasInterrupted;
    expect((await scene.ask(runner)).body).toBe(ANSWER_TEXT);
  });

  test("of somebody else's account, lane or key is answered as if there were none", async () => {
    const runner = await scene.startRunner();
    const stranger = await testCustomer(scene.database.orm);
    const foreign = await signedInAccount(scene.sql, stranger.userId, somebody("stranger"));
    expect((await scene.ask(runner, { userId: stranger.userId })).status).toBe(404);
    expect((await scene.ask(runner, { laneId: foreign.laneId })).status).toBe(404);
    expect((await scene.ask(runner, { keyId: stranger.keyId })).status).toBe(404);
    expect((await scene.ask(runner, { accountId: foreign.accountId })).status).toBe(404);
    expect((await askAct(runner.address, "sign-out", scene.account, stranger.userId)).status).toBe(404);
    expect(scene.machine.boxes.size).toBe(0);
  });

  test("without the shared secret is refused before anything is read", async () => {
    const runner = await scene.startRunner();
    const heard = await askTurn({ address: runner.address, account: scene.account, keyId: scene.owner.keyId, secret: "wrong" });
    expect(heard.status).toBe(401);
  });

  test("that finds the window used up closes the lane until the reset, and the next one is not even tried", async () => {
    const runner = await scene.startRunner();
    const until = new Date(Date.now() + 3_600_000);
    scene.machine.scripts.push(async function* () {
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
    expect((await scene.ask(runner)).frames.at(-1)).toMatchObject({ kind: "declined", class: "exhausted", until: until.toISOString() });
    expect(await scene.laneRow()).toMatchObject({ state: "exhausted", until });
    expect((await scene.ask(runner)).frames).toMatchObject([{ kind: "declined", class: "exhausted", reason: "usage_limit_reached" }]);
  });

  test("that breaks off because its window has filled says so: the next lane may answer", async () => {
    const runner = await scene.startRunner();
    const until = new Date(Date.now() + 3_600_000);
    scene.machine.limits = openLimits(100, until);
    scene.machine.scripts.push(async function* () {
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
    expect((await scene.ask(runner)).frames.at(-1)).toMatchObject({ kind: "declined", class: "exhausted", reason: "usage_limit_reached" });
    expect(await scene.laneRow()).toMatchObject({ state: "exhausted" });
  });

  test("that finds the sign-in gone signs the account out, with a message that says what to do", async () => {
    const runner = await scene.startRunner();
    scene.machine.scripts.push(async function* () {
      yield SIGN_IN_ENDED;
    });
    expect((await scene.ask(runner)).frames.at(-1)).toMatchObject({ kind: "declined", class: "lost" });
    expect(await scene.accountRow()).toMatchObject({ state: "signed_out" });
    expect(await scene.laneRow()).toMatchObject({ state: "signed_out" });
    expect((await scene.ask(runner)).frames).toMatchObject([{ class: "lost", reason: "signed_out" }]);
  });

  test("whose sign-in is revoked in the middle of the answer keeps what was said, and signs the account out", async () => {
    const runner = await scene.startRunner();
    scene.machine.scripts.push(async function* (run) {
      yield* sayHello();
      run.onTrouble?.(SIGN_IN_ENDED);
    });
    const heard = await scene.ask(runner);
    expect(heard).toMatchObject({ status: 200, body: ANSWER_TEXT, cut: false });
    expect(heard.frames.map(({ kind }) => kind)).toEqual(["running", "answer"]);
    expect(await scene.accountRow()).toMatchObject({ state: "signed_out" });
    expect(await scene.laneRow()).toMatchObject({ state: "signed_out" });
    expect((await scene.ask(runner)).frames).toMatchObject([{ class: "lost", reason: "signed_out" }]);
    expect(await scene.mails()).toMatchObject([{ kind: "signed_out_by_openai" }]);
  });

  test("revoked together with another keeps its answer if it had begun, is declined if not, and their owner has one mail", async () => {
    await scene.sql`update chatgpt_accounts set turns_max = 2 where id = ${scene.account.accountId}`;
    const runner = await scene.startRunner();
    const [answering, silent] = [gatedTurn(), gatedTurn()];
    scene.machine.scripts.push(
      async function* (run) {
        yield* answering.script(run);
        run.onTrouble?.(SIGN_IN_ENDED);
      },
      async function* (run) {
        await silent.pass(run);
        yield SIGN_IN_ENDED;
      },
    );
    const one = scene.ask(runner);
    await answering.begun;
    const two = scene.ask(runner);
    await silent.begun;
    answering.open();
    silent.open();
    expect(await one).toMatchObject({ body: ANSWER_TEXT, cut: false });
    expect((await two).frames).toMatchObject([{ kind: "running" }, { kind: "declined", class: "lost", reason: "signed_out", until: null }]);
    expect(await scene.laneRow()).toMatchObject({ state: "signed_out" });
    expect(await scene.mails()).toMatchObject([{ kind: "signed_out_by_openai" }]);
  });
});

describe("the windows of an account", () => {
  test("are asked for at the reset, and the lane opens again by itself", async () => {
    const runner = await scene.startRunner();
    await scene.ask(runner);
    scene.machine.limits = openLimits(100, new Date(Date.now() + 3_000));
    await askAct(runner.address, "check-now", scene.account);
    expect(await scene.laneRow()).toMatchObject({ state: "exhausted" });
    scene.machine.limits = openLimits(0);
    await eventually(async () => expect(await scene.laneRow()).toMatchObject({ state: "ready" }));
    expect((await scene.ask(runner)).body).toBe(ANSWER_TEXT);
  });

  test("of a lane that a dead runner left exhausted are looked at by the next one", async () => {
    const until = new Date(Date.now() + 200);
    const first = await scene.startRunner();
    await scene.ask(first);
    await scene.running.shift()!.stop("stop");
    await scene.sql`update lanes set state = 'exhausted', state_until = ${until.toISOString()} where id = ${scene.account.laneId}`;
    await scene.startRunner();
    await eventually(async () => expect(await scene.laneRow()).toMatchObject({ state: "ready" }));
  });
});

test("the operator's switch stops every container, and turns are declined until it is on again", async () => {
  const runner = await scene.startRunner({ settings: { leaseS: 3 } });
  await scene.ask(runner);
  await scene.sql`insert into settings (name, value) values ('codex_lanes', '{"enabled": false}')`;
  await eventually(() => expect(scene.machine.boxes.get(scene.account.accountId)?.running).toBe(false));
  expect((await scene.ask(runner)).frames).toMatchObject([{ kind: "declined", class: "lost", reason: "paused_by_operator" }]);
  for (const act of ["check-now", "restart"]) await askAct(runner.address, act, scene.account);
  expect(scene.machine.boxes.get(scene.account.accountId)).toMatchObject({ running: false, starts: 1 });
  await scene.sql`delete from settings where name = 'codex_lanes'`;
  await eventually(async () => expect((await scene.ask(runner)).body).toBe(ANSWER_TEXT));
});

/** As screens show it. */
async function lineNow() {
  const { accountId, userId } = scene.account;
  const viewer: Viewer = { userId, username: "", role: "customer", via: { kind: "operator_cli" } };
  return (await accountsOf(scene.database.orm, viewer, { userId })).get(accountId)?.line;
}

async function lineAtNextHeartbeat() {
  const leaseEnd = async () => {
    const [row] = await scene.sql`select lease_expires_at::text as at from chatgpt_accounts where id = ${scene.account.accountId}`;
    return row?.["at"] as string;
  };
  const before = await leaseEnd();
  await eventually(async () => expect(await leaseEnd()).not.toBe(before));
  return lineNow();
}

import { describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { runOutLeases } from "@/tests/factories/runner";
import { runnerScene } from "@/tests/factories/runner-scene";
import { ANSWER_TEXT } from "@/tests/factories/scripted-containers";
import { gatedTurn } from "@/tests/factories/scripted-turns";

const scene = runnerScene({ isSignedIn: true });

describe("a second runner", () => {
  test("is told where the account is while the first lives", async () => {
    const [first, second] = [await scene.startRunner(), await scene.startRunner()];
    await scene.ask(first);
    const heard = await scene.ask(second);
    expect(heard.status).toBe(409);
    expect(JSON.parse(heard.body)).toEqual({ movedTo: first.address });
  });

  test("takes over the surviving container when the first is silent, and the first lets go of its turn by itself", async () => {
    const first = await scene.startRunner({ settings: { leaseS: 3 } });
    const turn = gatedTurn();
    scene.machine.scripts.push(turn.script);
    const cut = scene.ask(first);
    await turn.begun;
    await runOutLeases(scene.sql, first.runner.id);
    const second = await scene.startRunner();
    expect((await scene.ask(second)).body).toBe(ANSWER_TEXT);
    expect(await scene.accountRow()).toMatchObject({ fence: 2, leaseRunnerId: second.runner.id });
    expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(1);
    // Its next heartbeat finds the lease gone.
    expect(await cut).toMatchObject({ cut: true });
    expect((await scene.ask(first)).status).toBe(409);
  });

  test("finds what a stopped one gave back, container and all", async () => {
    const first = await scene.startRunner();
    await scene.ask(first);
    await scene.running.shift()!.stop("leave");
    expect(await scene.accountRow()).toMatchObject({ leaseRunnerId: null, containerState: "running" });
    const second = await scene.startRunner();
    await eventually(async () => expect(await scene.accountRow()).toMatchObject({ fence: 2, leaseRunnerId: second.runner.id }));
    expect((await scene.ask(second)).body).toBe(ANSWER_TEXT);
    expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(1);
  });
});

describe("a runner that stops", () => {
  test("lets a running turn end, sends the waiting away, and takes nothing new", async () => {
    const runner = await scene.startRunner();
    const turn = gatedTurn();
    scene.machine.scripts.push(turn.script);
    const one = scene.ask(runner);
    await turn.begun;
    let queued: () => void = () => undefined;
    const isQueued = new Promise<void>((resolve) => (queued = resolve));
    const two = scene.ask(runner, {}, (frame) => frame.kind === "queued" && queued());
    await isQueued;
    const stopped = scene.running.shift()!.stop("stop");
    expect(await two).toMatchObject({ cut: true, body: "" });
    expect((await scene.ask(runner)).status).toBe(503);
    turn.open();
    expect((await one).body).toBe(ANSWER_TEXT);
    await stopped;
    expect(scene.machine.boxes.get(scene.account.accountId)?.running).toBe(false);
    expect(await scene.accountRow()).toMatchObject({ leaseRunnerId: null, containerState: "stopped" });
  });
});

test("a runner that stops leaves the containers of the others alone", async () => {
  const [ours, theirs] = [await scene.startRunner(), await scene.startRunner()];
  const turn = gatedTurn();
  scene.machine.scripts.push(turn.script);
  const one = scene.ask(ours);
  await turn.begun;
  scene.running.splice(scene.running.indexOf(theirs), 1);
  await theirs.stop("stop");
  turn.open();
  expect(await one).toMatchObject({ body: ANSWER_TEXT, cut: false });
  expect(scene.machine.boxes.get(scene.account.accountId)?.starts).toBe(1);
});

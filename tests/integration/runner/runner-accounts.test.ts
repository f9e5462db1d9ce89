import { describe, expect, test } from "vitest";
import { newId } from "@/lib/ids/ids";
import { testCustomer } from "@/tests/factories/customer";
import { eventually } from "@/tests/factories/eventually";
import { gate } from "@/tests/factories/gate";
import {
  askAct,
  askTurn,
  runOutLeases,
  type RunningRunner,
  signedInAccount,
  testAccount,
  type TestAccount,
} from "@/tests/factories/runner";
import { runnerScene } from "@/tests/factories/runner-scene";
import { ANSWER_TEXT, type Person, somebody } from "@/tests/factories/scripted-containers";
import { SIGN_IN_ENDED } from "@/tests/factories/scripted-turns";

const scene = runnerScene({ isSignedIn: false });

/** As the lanes page does: the row first, then the runner. */
async function beginSignIn(runner: RunningRunner, of: TestAccount = scene.account): Promise<string> {
  const signInId = await recordSignIn(of);
  expect((await askAct(runner.address, "sign-in", of)).status).toBe(200);
  return signInId;
}

async function recordSignIn(of: TestAccount): Promise<string> {
  const signInId = newId("sin");
  await scene.sql`insert into sign_ins (id, account_id, user_id) values (${signInId}, ${of.accountId}, ${of.userId})`;
  await scene.sql`update chatgpt_accounts set state = 'signing_in' where id = ${of.accountId}`;
  await scene.sql`update lanes set state = 'signing_in' where id = ${of.laneId}`;
  return signInId;
}

const signInOf = async (id: string) => {
  const [row] = await scene.sql`select state, user_code as "userCode", verification_url as url, message from sign_ins where id = ${id}`;
  return row;
};
const untilWaiting = (id: string) => eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "waiting" }));
const rowOf = async (of: TestAccount) => {
  const [row] = await scene.sql`
    select a.state, a.email, a.plan_type as plan, a.identity_hash as hash, a.container_state as "containerState", l.state as lane
    from chatgpt_accounts a left join lanes l on l.chatgpt_account_id = a.id where a.id = ${of.accountId}`;
  return row;
};

describe("a sign-in", () => {
  test("shows a code, and once it is approved the lane answers", async () => {
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner);
    await untilWaiting(id);
    expect(await signInOf(id)).toMatchObject({ userCode: "ABCD-EFGH", url: "https://auth.openai.com/codex/device" });
    scene.machine.decide(scene.account.accountId, scene.person);
    await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "succeeded", userCode: null }));
    expect(await rowOf(scene.account)).toMatchObject({ state: "signed_in", email: scene.person.email, plan: "plus", lane: "ready" });
    const windows = await scene.sql`select used_percent from usage_windows where account_id = ${scene.account.accountId}`;
    expect(windows).toHaveLength(1);
    const heard = await scene.ask(runner);
    expect(heard.body).toBe(ANSWER_TEXT);
  });

  test("that is denied ends refused, and says what to do", async () => {
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner);
    await untilWaiting(id);
    scene.machine.decide(scene.account.accountId, "denied");
    await eventually(async () =>
      expect(await signInOf(id)).toMatchObject({ state: "refused", message: expect.stringMatching(/Start again/) }),
    );
    expect(await rowOf(scene.account)).toMatchObject({ state: "new", lane: "signed_out" });
  });

  test("that nobody approves expires", async () => {
    const runner = await scene.startRunner({ timings: { signInMs: 50 } });
    const id = await beginSignIn(runner);
    await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "expired", userCode: null }));
    expect(await rowOf(scene.account)).toMatchObject({ state: "new", lane: "signed_out" });
  });

  test("that its owner cancels ends at once, and another one can begin", async () => {
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner);
    await untilWaiting(id);
    await askAct(runner.address, "cancel-sign-in", scene.account);
    expect(await signInOf(id)).toMatchObject({ state: "cancelled" });
    const again = await beginSignIn(runner);
    await untilWaiting(again);
    scene.machine.decide(scene.account.accountId, scene.person);
    await eventually(async () => expect(await signInOf(again)).toMatchObject({ state: "succeeded" }));
  });

  test("asked for twice is one sign-in with one code", async () => {
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner);
    await untilWaiting(id);
    await askAct(runner.address, "sign-in", scene.account);
    scene.machine.decide(scene.account.accountId, scene.person);
    await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "succeeded" }));
    expect(scene.machine.loginsStarted).toBe(1);
  });

  test("asked for by two at one time is one sign-in with one code", async () => {
    const runner = await scene.startRunner();
    await askAct(runner.address, "restart", scene.account);
    const id = await recordSignIn(scene.account);
    await Promise.all([1, 2, 3, 4].map(() => askAct(runner.address, "sign-in", scene.account)));
    await untilWaiting(id);
    scene.machine.decide(scene.account.accountId, scene.person);
    await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "succeeded" }));
    expect(scene.machine.loginsStarted).toBe(1);
  });

  test("with an account that another customer has connected is refused, and nothing of it stays", async () => {
    const other = await testCustomer(scene.database.orm);
    await signedInAccount(scene.sql, other.userId, scene.person);
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner);
    await untilWaiting(id);
    scene.machine.decide(scene.account.accountId, scene.person);
    await eventually(async () =>
      expect(await signInOf(id)).toMatchObject({ state: "refused", message: expect.stringMatching(/already connected/) }),
    );
    expect(scene.machine.boxes.has(scene.account.accountId)).toBe(false);
    expect(await rowOf(scene.account)).toMatchObject({ state: "new", hash: null, email: null, containerState: "none", lane: "signed_out" });
  });

  test("with another account than the lane's is refused, and names the one that belongs there", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    await scene.sql`update chatgpt_accounts set state = 'signed_out' where id = ${known.accountId}`;
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner, known);
    await untilWaiting(id);
    scene.machine.decide(known.accountId, somebody("swapped"));
    await eventually(async () =>
      expect(await signInOf(id)).toMatchObject({ state: "refused", message: expect.stringContaining(scene.person.email) }),
    );
    expect(scene.machine.boxes.has(known.accountId)).toBe(false);
    expect(await rowOf(known)).toMatchObject({ state: "signed_out", email: scene.person.email, lane: "signed_out" });
  });

  test("of whom OpenAI leaves out the id is refused: the same person could be connected twice", async () => {
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner);
    await untilWaiting(id);
    scene.machine.decide(scene.account.accountId, { ...scene.person, userId: null });
    await eventually(async () =>
      expect(await signInOf(id)).toMatchObject({ state: "refused", message: expect.stringMatching(/did not say whose account/) }),
    );
    expect(scene.machine.boxes.has(scene.account.accountId)).toBe(false);
    expect(await rowOf(scene.account)).toMatchObject({ state: "new", hash: null });
  });

  test("outlives what a turn of the sign-in before it has still to tell", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    await scene.sql`update chatgpt_accounts set turns_max = 2 where id = ${known.accountId}`;
    const runner = await scene.startRunner();
    const ask = () => askTurn({ address: runner.address, account: known, keyId: scene.owner.keyId });
    const late = gate();
    scene.machine.scripts.push(
      async function* () {
        await late.pass();
        yield SIGN_IN_ENDED;
      },
      async function* () {
        yield SIGN_IN_ENDED;
      },
    );
    scene.machine.signInOnStart = scene.person;
    const first = ask();
    await late.begun;
    await ask();
    expect(await rowOf(known)).toMatchObject({ state: "signed_out" });
    scene.machine.signInOnStart = null;
    const id = await beginSignIn(runner, known);
    await untilWaiting(id);
    late.open();
    await first;
    expect(await rowOf(known)).toMatchObject({ state: "signing_in" });
    scene.machine.decide(known.accountId, scene.person);
    await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "succeeded" }));
    const mails = await scene.sql`select kind from outbox where payload ->> 'laneId' = ${known.laneId} and kind = 'signed_out_by_openai'`;
    expect(mails).toHaveLength(1);
  });

  test("with a plan that has no Codex is refused in words", async () => {
    scene.machine.limits = { allowed: false, planType: "free", openaiAccountId: null, windows: [], credits: null };
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner);
    await untilWaiting(id);
    scene.machine.decide(scene.account.accountId, scene.person);
    await eventually(async () =>
      expect(await signInOf(id)).toMatchObject({ state: "refused", message: expect.stringMatching(/has no Codex/) }),
    );
    expect(await rowOf(scene.account)).toMatchObject({ state: "new", hash: null });
  });

  test("whose runner dies is given up by the next, or counted when it was approved meanwhile", async () => {
    const [given, approved] = [scene.account, await testAccount(scene.sql, scene.owner.userId)];
    const first = await scene.startRunner();
    const ids = [await beginSignIn(first, given), await beginSignIn(first, approved)];
    await Promise.all(ids.map(untilWaiting));
    scene.machine.signedInAs(approved.accountId, scene.person);
    await runOutLeases(scene.sql, first.runner.id);
    await scene.startRunner();
    await eventually(async () =>
      expect(await signInOf(ids[0]!)).toMatchObject({ state: "failed", message: expect.stringMatching(/Start again/) }),
    );
    await eventually(async () => expect(await signInOf(ids[1]!)).toMatchObject({ state: "succeeded" }));
    expect(await rowOf(approved)).toMatchObject({ state: "signed_in", email: scene.person.email });
  });
});

describe("whose container it is", () => {
  const askIt = (runner: RunningRunner, of: TestAccount) => askTurn({ address: runner.address, account: of, keyId: scene.owner.keyId });

  /** A container that stopped with somebody signed in to it. */
  async function stoppedBox(of: TestAccount, inside: Person): Promise<RunningRunner> {
    const runner = await scene.startRunner();
    await askIt(runner, of);
    scene.machine.kill(of.accountId);
    scene.machine.signedInAs(of.accountId, inside);
    await scene.sql`update chatgpt_accounts set state = 'signed_in' where id = ${of.accountId}`;
    await scene.sql`update lanes set state = 'ready' where id = ${of.laneId}`;
    return runner;
  }

  test("is known before anybody is served: nobody gets the connection while it is being found out", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    await scene.sql`update chatgpt_accounts set turns_max = 2 where id = ${known.accountId}`;
    const runner = await stoppedBox(known, somebody("intruder"));
    const reading = gate();
    scene.machine.before.request = (method) => (method === "account/read" ? reading.pass() : Promise.resolve());
    const asked = [askIt(runner, known)];
    await reading.begun;
    asked.push(askIt(runner, known));
    await eventually(async () => expect(await linesOf(runner)).toContain(2));
    reading.open();
    for (const heard of await Promise.all(asked)) {
      expect(heard.frames.at(-1)).toMatchObject({ kind: "declined", class: "lost", reason: "signed_out" });
    }
  });

  test("is asked again by the next turn when it could not be told", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    const runner = await stoppedBox(known, somebody("intruder"));
    scene.machine.before.request = () => Promise.reject(new Error("OpenAI is away"));
    expect((await askIt(runner, known)).frames.at(-1)).toMatchObject({ kind: "declined", class: "lost", reason: "container_failed" });
    scene.machine.before.request = undefined;
    expect((await askIt(runner, known)).frames.at(-1)).toMatchObject({ kind: "declined", class: "lost", reason: "signed_out" });
    expect(scene.machine.boxes.has(known.accountId)).toBe(false);
  });

  test("and another one's home is wiped, whether OpenAI can be told or not", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    const runner = await stoppedBox(known, somebody("intruder"));
    scene.machine.before.request = (method) =>
      method === "account/logout" ? Promise.reject(new Error("OpenAI is away")) : Promise.resolve();
    await askIt(runner, known);
    expect(scene.machine.boxes.has(known.accountId)).toBe(false);
    expect(await rowOf(known)).toMatchObject({ state: "signed_out", containerState: "none" });
  });

  test("is compared at every start: another account in it is logged out and wiped", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    const runner = await stoppedBox(known, somebody("intruder"));
    const heard = await askIt(runner, known);
    expect(heard.frames.at(-1)).toMatchObject({ kind: "declined", class: "lost", reason: "signed_out" });
    expect(scene.machine.boxes.has(known.accountId)).toBe(false);
    expect(await rowOf(known)).toMatchObject({ state: "signed_out", lane: "signed_out", containerState: "none" });
  });

  test("and one that lost its sign-in is signed out, for its owner to see", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    const runner = await scene.startRunner();
    const heard = await askIt(runner, known);
    expect(heard.frames.at(-1)).toMatchObject({ class: "lost", reason: "signed_out", message: expect.stringMatching(/Sign in again/) });
    expect(await rowOf(known)).toMatchObject({ state: "signed_out", lane: "signed_out" });
    const mails = await scene.sql`select kind from outbox where payload ->> 'laneId' = ${known.laneId}`;
    expect(mails).toMatchObject([{ kind: "signed_out_by_openai" }]);
  });

  test("and a sign-in that nobody wants any more ends with its home, at the next look of whoever drives it", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    const first = await stoppedBox(known, scene.person);
    expect((await askIt(first, known)).body).toBe(ANSWER_TEXT);
    await scene.running.shift()!.stop("stop");
    // As the link in a mail does, while no runner is there to hear of it.
    await scene.sql`update chatgpt_accounts set state = 'signed_out' where id = ${known.accountId}`;
    await scene.sql`update lanes set state = 'signed_out' where id = ${known.laneId}`;
    await scene.startRunner({ timings: { reconcileMs: 20 } });
    await eventually(async () => expect(await rowOf(known)).toMatchObject({ state: "signed_out", containerState: "none" }));
    expect(scene.machine.boxes.has(known.accountId)).toBe(false);
  });

  test("and the home of a machine that was given up for lost is wiped when it comes back", async () => {
    scene.machine.boxes.set(scene.account.accountId, { ...scene.machine.newBox(), running: true, person: scene.person });
    await scene.startRunner({ timings: { reconcileMs: 20 } });
    await eventually(() => expect(scene.machine.boxes.has(scene.account.accountId)).toBe(false));
    expect(await rowOf(scene.account)).toMatchObject({ state: "new", containerState: "none" });
  });

  test("and a sign-in that begins while its home is being wiped begins in the next one", async () => {
    const known = await signedInAccount(scene.sql, scene.owner.userId, scene.person);
    const runner = await scene.startRunner({ timings: { reconcileMs: 20 } });
    scene.machine.signInOnStart = scene.person;
    await askTurn({ address: runner.address, account: known, keyId: scene.owner.keyId });
    scene.machine.signInOnStart = null;
    const logout = gate();
    scene.machine.before.request = (method) => (method === "account/logout" ? logout.pass() : Promise.resolve());
    await scene.sql`update chatgpt_accounts set state = 'signed_out', signed_out_at = now() where id = ${known.accountId}`;
    await logout.begun;
    const begun = beginSignIn(runner, known);
    await eventually(async () => expect(await rowOf(known)).toMatchObject({ state: "signing_in" }));
    logout.open();
    const id = await begun;
    await untilWaiting(id);
    scene.machine.decide(known.accountId, scene.person);
    await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "succeeded" }));
  });

  test("and nothing is started for one to whom nobody is signed in", async () => {
    const runner = await scene.startRunner();
    for (const act of ["check-now", "restart"]) expect((await askAct(runner.address, act, scene.account)).status).toBe(200);
    expect(scene.machine.boxes.size).toBe(0);
  });
});

const linesOf = ({ runner }: RunningRunner) =>
  Promise.resolve(runner.desks().map(({ lineLength }) => lineLength.running + lineLength.waiting));

describe("the end of an account", () => {
  async function connected(): Promise<RunningRunner> {
    const runner = await scene.startRunner();
    const id = await beginSignIn(runner);
    await untilWaiting(id);
    scene.machine.decide(scene.account.accountId, scene.person);
    await eventually(async () => expect(await signInOf(id)).toMatchObject({ state: "succeeded" }));
    return runner;
  }

  test("signing out logs out at OpenAI, wipes the home, and keeps whose lane it is", async () => {
    const runner = await connected();
    expect((await askAct(runner.address, "sign-out", scene.account)).status).toBe(200);
    expect(scene.machine.boxes.has(scene.account.accountId)).toBe(false);
    expect(await rowOf(scene.account)).toMatchObject({
      state: "signed_out",
      email: scene.person.email,
      lane: "signed_out",
      containerState: "none",
    });
  });

  test("signing out is the owner's doing, also for a turn that meets it", async () => {
    const runner = await connected();
    const logout = gate();
    scene.machine.before.request = (method) => (method === "account/logout" ? logout.pass() : Promise.resolve());
    const signedOut = askAct(runner.address, "sign-out", scene.account);
    await logout.begun;
    const heard = await scene.ask(runner);
    expect(heard.frames).toMatchObject([{ kind: "declined", class: "lost", reason: "signed_out" }]);
    logout.open();
    expect((await signedOut).status).toBe(200);
    const mails =
      await scene.sql`select kind from outbox where payload ->> 'laneId' = ${scene.account.laneId} and kind = 'signed_out_by_openai'`;
    expect(mails).toHaveLength(0);
  });

  test("removing frees the ChatGPT account for whoever connects it next", async () => {
    const runner = await connected();
    await scene.sql`delete from lanes where id = ${scene.account.laneId}`;
    await scene.sql`update chatgpt_accounts set state = 'removing' where id = ${scene.account.accountId}`;
    expect((await askAct(runner.address, "remove", scene.account)).status).toBe(200);
    expect(scene.machine.boxes.has(scene.account.accountId)).toBe(false);
    expect(await rowOf(scene.account)).toMatchObject({ state: "removed", hash: null, email: null });
    const other = await testCustomer(scene.database.orm);
    await signedInAccount(scene.sql, other.userId, scene.person);
  });

  test("is finished by the next runner when nobody was there to do it", async () => {
    await connected();
    await scene.running.shift()!.stop("leave");
    const never = await testAccount(scene.sql, scene.owner.userId);
    for (const one of [scene.account, never]) {
      await scene.sql`delete from lanes where id = ${one.laneId}`;
      await scene.sql`update chatgpt_accounts set state = 'removing' where id = ${one.accountId}`;
    }
    await scene.startRunner();
    await eventually(async () => expect(await rowOf(scene.account)).toMatchObject({ state: "removed" }));
    expect(await rowOf(never)).toMatchObject({ state: "removed" });
    expect(scene.machine.boxes.size).toBe(0);
  });
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ScriptedAppServer, startScriptedAppServer } from "@/tests/factories/scripted-app-server";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { ThreadStart } from "@/workers/codex-runner/app-server/app-server-protocol";
import { readyThreadOf } from "@/workers/codex-runner/engine/ready-thread";

const LONG_MS = 60_000;

let codex: ScriptedAppServer;
let server: AppServer;

beforeEach(async () => {
  codex = await startScriptedAppServer();
  server = await codex.open();
});

afterEach(async () => {
  vi.useRealTimers();
  server.close();
  await codex.close();
});

const shape = (model: string): ThreadStart => ({
  model,
  ephemeral: true,
  approvalPolicy: "never",
  sandbox: "read-only",
  baseInstructions: "",
  developerInstructions: null,
  experimentalRawEvents: true,
  dynamicTools: [],
  config: {},
});
const started = () => codex.received.filter(({ method }) => method === "thread/start").map(({ params }) => (params as ThreadStart).model);
const startsGive = (id: string) => (codex.answers["thread/start"] = { thread: { id } });
const warmed = () => codex.until(({ method }) => method === "thread/inject_items");
/** Everything sent before it has been received when its answer is here. */
const settled = () => server.request("account/read", { refreshToken: false });

function renewTwice(model: string): void {
  readyThreadOf(server).renew(shape(model));
  readyThreadOf(server).renew(shape(model));
}

test("nothing is made ahead for a shape that came once, nor for shapes that take turns", async () => {
  for (const model of ["a", "b", "a", "b"]) readyThreadOf(server).renew(shape(model));
  await settled();
  expect(started()).toEqual([]);
});

test("it is taken once, and whoever comes next gets one of their own", async () => {
  startsGive("ready");
  renewTwice("a");
  await warmed();
  startsGive("own");
  const both = await Promise.all([readyThreadOf(server).take(shape("a")), readyThreadOf(server).take(shape("a"))]);
  expect(both).toEqual(["ready", "own"]);
});

test("a request of another shape leaves it alone", async () => {
  startsGive("ready");
  renewTwice("a");
  await warmed();
  startsGive("own");
  expect(await readyThreadOf(server).take(shape("b"))).toBe("own");
  expect(await readyThreadOf(server).take(shape("a"))).toBe("ready");
});

test("there is one at most: a new shape's unloads the one before", async () => {
  startsGive("first");
  renewTwice("a");
  await warmed();
  renewTwice("b");
  expect(await codex.until(({ method }) => method === "thread/unsubscribe")).toMatchObject({ params: { threadId: "first" } });
  await settled();
  expect(started()).toEqual(["a", "b"]);
});

test("one that nobody takes is unloaded", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  startsGive("ready");
  renewTwice("a");
  await warmed();
  await settled();
  vi.advanceTimersByTime(LONG_MS);
  expect(await codex.until(({ method }) => method === "thread/unsubscribe")).toMatchObject({ params: { threadId: "ready" } });
  startsGive("own");
  expect(await readyThreadOf(server).take(shape("a"))).toBe("own");
});

test("where none could be made, the request has one of its own", async () => {
  codex.answers["thread/start"] = null;
  renewTwice("a");
  const { id } = await codex.until(({ method }) => method === "thread/start");
  startsGive("own");
  const taken = readyThreadOf(server).take(shape("a"));
  codex.tell({ id, error: { code: -32001, message: "overloaded" } });
  expect(await taken).toBe("own");
});

test("one that does not take what makes it ready is not used", async () => {
  startsGive("odd");
  codex.answers["thread/inject_items"] = null;
  renewTwice("a");
  const { id } = await warmed();
  startsGive("own");
  codex.tell({ id, error: { code: -32600, message: "unknown item" } });
  expect(await readyThreadOf(server).take(shape("a"))).toBe("own");
  expect(await codex.until(({ method }) => method === "thread/unsubscribe")).toMatchObject({ params: { threadId: "odd" } });
});

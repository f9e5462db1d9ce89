import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { assertChatCompletion, assertResponse } from "@/tests/contract/harness/schemas";
import { codexBinary } from "@/tests/contract/harness/codex";
import { endOfTurn, ticketFor, type TurnEnd } from "@/tests/factories/serve-turns";
import { ADA, signedInCodex, type StartedCodex } from "@/tests/factories/signed-in-codex";
import { type CommandOutput, runExecTurn } from "@/workers/codex-runner/engine/exec-turn";

const MODEL = "gpt-5.5";

let codex: StartedCodex;
let binary: string;

beforeAll(async () => {
  binary = await codexBinary();
  codex = await signedInCodex("lane");
  // Two processes on one sign-in would use up its refresh token.
  await codex.box.kill();
});

afterEach(() => {
  codex.chatgpt.control.clearFaults();
  codex.chatgpt.control.resetWindows(ADA);
});

afterAll(() => codex.close());

async function start(args: readonly string[], stdin: string): Promise<CommandOutput> {
  const child = spawn(binary, args, { cwd: codex.box.work, env: codex.box.env, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.end(stdin);
  const exit = once(child, "exit").then(([code]) => code as number | null);
  return { stdout: child.stdout, exit, kill: () => void child.kill() };
}

function ask(wire: "responses" | "chat", body: object, signal = new AbortController().signal): Promise<TurnEnd> {
  const run = { ticket: ticketFor(wire, body), body: Buffer.from(JSON.stringify(body)), signal, spawn: start };
  return endOfTurn(runExecTurn(run));
}

test("one user message is answered whole, with the usage of this turn alone", async () => {
  const chat = JSON.parse((await ask("chat", { model: MODEL, messages: [{ role: "user", content: "say: hello" }] })).text) as unknown;
  assertChatCompletion(chat);
  expect(chat.choices[0]?.message.content).toBe("hello");
  const response = JSON.parse((await ask("responses", { model: MODEL, input: "say: hello" })).text) as unknown;
  assertResponse(response);
  expect(response.output).toMatchObject([{ type: "message", content: [{ text: "hello" }] }]);
  expect(response.usage?.output_tokens).toBe(chat.usage?.completion_tokens);
});

test("a streaming client gets the answer at once, in its own wire", async () => {
  const { text } = await ask("responses", { model: MODEL, input: "say: hello", stream: true });
  expect(text).toContain('"delta":"hello"');
  expect(text).toContain("event: response.completed");
});

test("more than one user message is for another lane", async () => {
  const messages = [
    { role: "system", content: "Be terse." },
    { role: "user", content: "say: x" },
  ];
  expect((await ask("chat", { model: MODEL, messages })).steps).toMatchObject([
    { kind: "declined", class: "cannot", reason: "exec_engine" },
  ]);
});

test("an image by URL is for another lane, and is not fetched", async () => {
  const image = { type: "input_image", image_url: "https://images.example/a.png" };
  const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: "say: x" }, image] }];
  expect((await ask("responses", { model: MODEL, input })).steps).toMatchObject([
    { kind: "declined", class: "cannot", reason: "exec_engine" },
  ]);
});

test("a full window is read from the words", async () => {
  codex.chatgpt.control.nextCalls(ADA, { kind: "usage_limit", headers: true });
  expect((await ask("responses", { model: MODEL, input: "say: x" })).steps).toMatchObject([
    { kind: "declined", class: "exhausted", closes: "account" },
  ]);
});

test("overload and a conversation that is too long are told apart", async () => {
  codex.chatgpt.control.nextCalls(ADA, { kind: "overloaded" });
  expect((await ask("responses", { model: MODEL, input: "say: x" })).steps).toMatchObject([{ class: "busy", reason: "overloaded" }]);
  codex.chatgpt.control.nextCalls(ADA, { kind: "context_length_exceeded" });
  expect((await ask("responses", { model: MODEL, input: "say: x" })).steps).toMatchObject([{ kind: "refused", code: "context_too_long" }]);
});

test("a client that leaves ends the program", async () => {
  codex.chatgpt.control.nextCalls(ADA, { kind: "hang_before_headers" });
  const { calls } = codex.chatgpt.control;
  const { aborted, started } = calls.counts;
  const leaves = new AbortController();
  const turn = ask("responses", { model: MODEL, input: "say: x" }, leaves.signal);
  await calls.until((counts) => counts.started > started);
  leaves.abort();
  expect((await turn).steps).toEqual([]);
  await calls.until((counts) => counts.aborted > aborted);
});

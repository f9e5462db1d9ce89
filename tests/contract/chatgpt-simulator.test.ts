import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type CodexDesk, codexBinary, failureText, lastMessage, openDesk, runCodex } from "@/tests/contract/harness/codex";
import { type ReachableChatgpt, startReachableChatgpt } from "@/tests/factories/chatgpt-simulator";

const ADA = "ada@simulated.example";
const EDSGER = "edsger@simulated.example";

let folder: CodexDesk;
let chatgpt: ReachableChatgpt;
let ada: CodexDesk;

beforeAll(async () => {
  await codexBinary();
  folder = await openDesk(null);
  chatgpt = await startReachableChatgpt(folder.home);
  ada = await signedInDesk(ADA);
});

afterEach(() => {
  chatgpt.control.clearFaults();
  chatgpt.control.resetWindows(ADA);
});

afterAll(async () => {
  await chatgpt.close();
  await ada.dispose();
  await folder.dispose();
});

/** Stock Codex, except that its way out and the authority it trusts are ours. */
async function desk(): Promise<CodexDesk> {
  const opened = await openDesk(null);
  return { ...opened, env: { ...opened.env, ...chatgpt.codexEnv } };
}

async function signIn({ work, env }: CodexDesk, decide: (userCode: string) => void) {
  const running = runCodex({ args: ["login", "--device-auth"], cwd: work, env });
  decide((await chatgpt.control.untilPendingCode()).userCode);
  return running;
}

async function signedInDesk(email: string): Promise<CodexDesk> {
  const opened = await desk();
  const run = await signIn(opened, (userCode) => chatgpt.control.approve(userCode, email));
  expect(run).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("Successfully logged in") });
  return opened;
}

async function ask({ work, env }: CodexDesk, prompt: string, model = "gpt-5.5") {
  const before = chatgpt.requests.length;
  const run = await runCodex({ args: ["exec", "--json", "-m", model, prompt], cwd: work, env });
  const requests = chatgpt.requests.slice(before).map(({ method, host, path }) => `${method} ${host}${path}`);
  return { run, requests, calls: chatgpt.requests.slice(before).filter(({ method, path }) => method === "POST" && path === CALL) };
}

const CALL = "/backend-api/codex/responses";
const REFRESH = "POST auth.openai.com/oauth/token";

describe("the real Codex CLI, signed in to the simulated ChatGPT under OpenAI's own names", () => {
  test("a turn of the built-in provider is answered over HTTP after one declined WebSocket", async () => {
    const { run, requests, calls } = await ask(ada, "say: hello");
    expect(lastMessage(run)).toBe("hello");
    expect(requests.filter((line) => line.endsWith(CALL))).toEqual([`GET chatgpt.com${CALL}`, `POST chatgpt.com${CALL}`]);
    expect(calls[0]?.headers["content-encoding"]).toBe("zstd");
    expect(calls[0]?.json).toMatchObject({ model: "gpt-5.5", stream: true, store: false });
    expect(chatgpt.proxy.refused).toEqual([]);
  });

  test("a model that works through code mode runs the command that was asked for", async () => {
    const { run } = await ask(ada, "run: echo sum $((20+22))", "gpt-6.1-sol");
    expect(lastMessage(run)).toContain("sum 42");
  });

  test("a full window refuses in one call with its reset, and is open again after it", async () => {
    chatgpt.control.exhaust(ADA);
    const closed = await ask(ada, "say: no");
    expect(failureText(closed.run)).toMatch(/^You’ve hit your usage limit\. .* try again at /);
    expect(closed.calls).toHaveLength(1);
    chatgpt.control.resetWindows(ADA);
    expect(lastMessage((await ask(ada, "say: open again")).run)).toBe("open again");
  });

  test("a call refused for its token is made again with a new one", async () => {
    chatgpt.control.expireAccessTokens(ADA);
    const { run, requests } = await ask(ada, "say: refreshed");
    expect(lastMessage(run)).toBe("refreshed");
    expect(requests.filter((line) => line === REFRESH)).toHaveLength(1);
  });

  test("a stream that is cut in its middle is asked for again", async () => {
    chatgpt.control.nextCalls(ADA, { kind: "cut_after", deltas: 3 });
    const { run, calls } = await ask(ada, "say: survived the cut");
    expect(lastMessage(run)).toBe("survived the cut");
    expect(calls.map(({ outcome }) => outcome)).toEqual(["cut", "completed"]);
  });

  test("a window that fills in mid-stream ends the turn with the limit", async () => {
    chatgpt.control.nextCalls(ADA, { kind: "usage_limit_in_stream", deltas: 3 });
    const { run } = await ask(ada, "say: a text that does not get to its end");
    expect(failureText(run)).toMatch(/^You’ve hit your usage limit/);
  });

  test("a context that is too long, and a model that does not exist, are refused once", async () => {
    chatgpt.control.nextCalls(ADA, { kind: "context_length_exceeded" });
    const long = await ask(ada, "hi");
    expect(failureText(long.run)).toMatch(/^Codex ran out of room/);
    const unknown = await ask(ada, "hi", "gpt-4o");
    expect(failureText(unknown.run)).toContain("is not supported when using Codex with a ChatGPT account");
    expect([long.calls.length, unknown.calls.length]).toEqual([1, 1]);
  });

  test("an account without Codex signs in and is refused at its first turn", async () => {
    const edsger = await signedInDesk(EDSGER);
    const { run } = await ask(edsger, "hi");
    expect(failureText(run)).toContain("To use Codex with your ChatGPT plan, upgrade to Plus");
    await edsger.dispose();
  });

  test("a denied code ends the sign-in", async () => {
    const denied = await desk();
    const run = await signIn(denied, (userCode) => chatgpt.control.deny(userCode));
    expect(run.exitCode).toBe(1);
    expect(chatgpt.control.pendingCodes()).toEqual([]);
    await denied.dispose();
  });

  test("signed out by OpenAI: the turn fails, and only a new sign-in helps", async () => {
    const { email } = chatgpt.control.addAccount({ email: "joan@simulated.example" });
    const gone = await signedInDesk(email);
    chatgpt.control.revoke(email);
    const { run, requests } = await ask(gone, "hi");
    expect(failureText(run)).toContain("refresh token was revoked. Please log out and sign in again.");
    expect(requests).toContain(REFRESH);
    await signIn(gone, (userCode) => chatgpt.control.approve(userCode, email));
    expect(lastMessage((await ask(gone, "say: back")).run)).toBe("back");
    await gone.dispose();
  });

  test("a provider of our own over plain http is one call, neither packed nor tried as a WebSocket", async () => {
    const lane = await openDesk(null);
    const { plainUrl } = chatgpt;
    const login = runCodex({ args: ["login", "--device-auth", "--experimental_issuer", plainUrl], cwd: lane.work, env: lane.env });
    chatgpt.control.approve((await chatgpt.control.untilPendingCode()).userCode, ADA);
    expect((await login).exitCode).toBe(0);
    const provider = `{name="Lane",base_url="${plainUrl}/backend-api/codex",requires_openai_auth=true,stream_max_retries=0,request_max_retries=0}`;
    const settings = [`chatgpt_base_url="${plainUrl}/backend-api"`, 'model_provider="lane"', `model_providers.lane=${provider}`];
    const before = chatgpt.requests.length;
    const args = ["exec", "--json", "-m", "gpt-5.5", ...settings.flatMap((setting) => ["-c", setting]), "say: plain"];
    expect(lastMessage(await runCodex({ args, cwd: lane.work, env: lane.env }))).toBe("plain");
    const calls = chatgpt.requests.slice(before).filter(({ path }) => path === CALL);
    expect(calls.map(({ method, host, headers }) => [method, host, headers["content-encoding"]])).toEqual([
      ["POST", "127.0.0.1", undefined],
    ]);
    await lane.dispose();
  });

  test("signing out revokes the refresh token", async () => {
    const leaving = await signedInDesk(ADA);
    const run = await runCodex({ args: ["logout"], cwd: leaving.work, env: leaving.env });
    expect(run.exitCode).toBe(0);
    expect(chatgpt.requests.at(-1)).toMatchObject({ path: "/oauth/revoke", host: "auth.openai.com" });
    await leaving.dispose();
  });
});

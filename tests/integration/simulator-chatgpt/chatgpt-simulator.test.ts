import { existsSync, statSync } from "node:fs";
import { request as tlsRequest } from "node:https";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "@/lib/time/clock";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { type ChatgptSimulator, OPENAI_NAMES, startChatgptSimulator } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";

const ADA = "ada@simulated.example";

/** Stands still until a test moves it. */
const clock = {
  at: new Date("2026-11-21T12:00:00Z"),
  now(): Date {
    return this.at;
  },
} satisfies Clock & { at: Date };

let simulator: ChatgptSimulator;

beforeAll(async () => {
  simulator = await startChatgptSimulator({ clock });
});

afterAll(() => simulator.close());

type Fields = Record<string, unknown>;

async function post(route: string, body: Fields, headers: Record<string, string> = {}, { plainUrl } = simulator) {
  const response = await fetch(`${plainUrl}${route}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): Fields {
  return text.startsWith("{") ? (JSON.parse(text) as Fields) : {};
}

async function newCode(at = simulator): Promise<{ deviceAuthId: string; userCode: string }> {
  const { json } = await post("/api/accounts/deviceauth/usercode", { client_id: "app_test" }, {}, at);
  return { deviceAuthId: String(json.device_auth_id), userCode: String(json.user_code) };
}

async function poll({ deviceAuthId, userCode }: { deviceAuthId: string; userCode: string }, at = simulator) {
  return post("/api/accounts/deviceauth/token", { device_auth_id: deviceAuthId, user_code: userCode }, {}, at);
}

async function signIn(email: string, at = simulator): Promise<{ access: string; refresh: string }> {
  const code = await newCode(at);
  at.control.approve(code.userCode, email);
  const granted = await poll(code, at);
  const tokens = await exchange(granted.json, at);
  return { access: String(tokens.json.access_token), refresh: String(tokens.json.refresh_token) };
}

function exchange(granted: Fields, at = simulator) {
  const { authorization_code: code, code_verifier } = granted;
  return post("/oauth/token", { grant_type: "authorization_code", code, code_verifier }, {}, at);
}

function refresh(token: string, at = simulator) {
  return post("/oauth/token", { grant_type: "refresh_token", refresh_token: token }, {}, at);
}

function say(access: string, model = "gpt-5.5") {
  const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: "say: a text of more than a few words" }] }];
  return post("/backend-api/codex/responses", { model, stream: true, store: false, input }, { authorization: `Bearer ${access}` });
}

async function usage(access: string) {
  const response = await fetch(`${simulator.plainUrl}/backend-api/wham/usage`, { headers: { authorization: `Bearer ${access}` } });
  return { status: response.status, json: (await response.json()) as { rate_limit: Fields; additional_rate_limits: Fields[] } };
}

function deltasIn(stream: string): number {
  return stream.split("event: response.output_text.delta").length - 1;
}

describe("the device-code sign-in", () => {
  test("a code waits, is approved once, and its authorization is exchanged once", async () => {
    const code = await newCode();
    expect((await poll(code)).status).toBe(403);
    expect(simulator.control.approve(code.userCode, ADA)).toBe("done");
    expect(simulator.control.approve(code.userCode, ADA)).toBe("decided");
    const granted = await poll(code);
    expect((await exchange(granted.json)).json).toMatchObject({ id_token: expect.any(String), refresh_token: expect.any(String) });
    expect((await exchange(granted.json)).status).toBe(400);
    expect((await poll(code)).status).toBe(400);
  });

  test("an authorization without its verifier is refused", async () => {
    const code = await newCode();
    simulator.control.approve(code.userCode, ADA);
    const granted = await poll(code);
    expect((await exchange({ ...granted.json, code_verifier: "guessed" })).status).toBe(400);
  });

  test("a code that is denied, or older than fifteen minutes, ends the wait", async () => {
    const [denied, old] = [await newCode(), await newCode()];
    simulator.control.deny(denied.userCode);
    expect((await poll(denied)).status).toBe(401);
    clock.at = new Date(clock.at.getTime() + 15 * 60_000);
    expect((await poll(old)).status).toBe(400);
    expect(simulator.control.approve(old.userCode, ADA)).toBe("expired");
  });

  test("the tokens say who signed in", async () => {
    const { access } = await signIn(ADA);
    const claims = JSON.parse(Buffer.from(access.split(".")[1] ?? "", "base64url").toString()) as Fields;
    const { accountId, userId } = simulator.control.account(ADA);
    expect(claims).toMatchObject({
      email: ADA,
      "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_user_id: userId, chatgpt_plan_type: "plus" },
    });
  });

  test("a refresh token works once", async () => {
    const { refresh: first } = await signIn(ADA);
    const second = String((await refresh(first)).json.refresh_token);
    expect(await refresh(first)).toMatchObject({ status: 401, json: { error: { code: "refresh_token_reused" } } });
    expect((await refresh(second)).status).toBe(200);
  });

  test("after a revocation neither token works", async () => {
    const { email } = simulator.control.addAccount({ email: "revoked@simulated.example" });
    const { access, refresh: token } = await signIn(email);
    expect((await say(access)).status).toBe(200);
    simulator.control.revoke(email);
    expect(await say(access)).toMatchObject({ status: 401, json: { error: { code: "token_invalidated" } } });
    expect(await refresh(token)).toMatchObject({ status: 401, json: { error: { code: "refresh_token_invalidated" } } });
  });

  test("no record of a request holds a token", async () => {
    const { access, refresh: token } = await signIn(ADA);
    await say(access);
    await refresh(token);
    const records = await (await fetch(`${simulator.plainUrl}/control/requests`)).text();
    expect(records).toContain("/backend-api/codex/responses");
    expect(records).not.toContain(access);
    expect(records).not.toContain(token);
  });
});

describe("usage windows", () => {
  test("each call moves them, the last one closes them, and their reset opens them", async () => {
    const { email } = simulator.control.addAccount({ email: "windows@simulated.example", windows: [{ minutes: 300, stepPercent: 50 }] });
    const { access } = await signIn(email);
    const percent = async () => (await say(access)).headers.get("x-codex-primary-used-percent");
    expect([await percent(), await percent()]).toEqual(["50", "100"]);

    const refused = await say(access);
    expect(refused).toMatchObject({ status: 429, json: { error: { type: "usage_limit_reached", resets_in_seconds: 300 * 60 } } });
    expect(refused.headers.get("x-codex-primary-window-minutes")).toBe("300");
    expect((await usage(access)).json.rate_limit).toMatchObject({ allowed: false, primary_window: { used_percent: 100 } });

    clock.at = new Date(clock.at.getTime() + 300 * 60_000);
    expect((await usage(access)).json.rate_limit).toMatchObject({ allowed: true, primary_window: { used_percent: 0 } });
    expect((await say(access)).status).toBe(200);
  });

  test("a model's own limit closes that model only", async () => {
    const limits = [{ limitId: "codex_special", limitName: "Special", models: ["gpt-5.5"], windows: [{ minutes: 300, usedPercent: 100 }] }];
    const { email } = simulator.control.addAccount({ email: "limits@simulated.example", modelLimits: limits });
    const { access } = await signIn(email);
    const refused = await say(access);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("x-codex-active-limit")).toBe("codex_special");
    expect(refused.headers.get("x-codex-special-primary-used-percent")).toBe("100");
    expect((await say(access, "gpt-6-sol")).status).toBe(200);
    expect((await usage(access)).json.additional_rate_limits).toMatchObject([{ metered_feature: "codex_special" }]);
  });

  test("credits carry an account over a full window until they are spent", async () => {
    const { email } = simulator.control.addAccount({ email: "credits@simulated.example", credits: { unlimited: false, balance: 1 } });
    const { access } = await signIn(email);
    simulator.control.exhaust(email);
    expect((await say(access)).headers.get("x-codex-credits-balance")).toBe("0");
    expect((await say(access)).status).toBe(429);
  });
});

describe("faults", () => {
  test.each([
    [{ kind: "usage_limit" }, 429, "usage_limit_reached"],
    [{ kind: "burst", retryAfterS: 2 }, 429, "rate_limit_exceeded"],
    [{ kind: "unauthorized" }, 401, "token_expired"],
    [{ kind: "forbidden" }, 403, "workspace"],
    [{ kind: "overloaded" }, 503, "server_is_overloaded"],
    [{ kind: "server_error", status: 502 }, 502, "server_error"],
    [{ kind: "context_length_exceeded" }, 400, "context_length_exceeded"],
    [{ kind: "model_not_found" }, 404, "model_not_found"],
  ] as const)("%j answers %i, once", async (fault, status, words) => {
    const { access } = await signIn(ADA);
    simulator.control.nextCalls(ADA, fault);
    const refused = await say(access);
    expect([refused.status, refused.text]).toEqual([status, expect.stringContaining(words)]);
    simulator.control.resetWindows(ADA);
    expect((await say(access)).status).toBe(200);
  });

  test("a usage limit comes with or without the numbers", async () => {
    const { access } = await signIn(ADA);
    const percentOf = async (headers: boolean) => {
      simulator.control.nextCalls(ADA, { kind: "usage_limit", headers });
      return (await say(access)).headers.get("x-codex-primary-used-percent");
    };
    expect([await percentOf(true), await percentOf(false)]).toEqual(["100", null]);
    simulator.control.resetWindows(ADA);
  });

  test("a failure in mid-stream comes after exactly so many pieces of the text", async () => {
    const { access } = await signIn(ADA);
    simulator.control.nextCalls(ADA, { kind: "failed", code: "server_error", deltas: 4 });
    const { text } = await say(access);
    expect(deltasIn(text)).toBe(4);
    expect(text).toContain('"type":"response.failed"');
  });

  test("a cut leaves the stream without its end", async () => {
    const { access } = await signIn(ADA);
    simulator.control.nextCalls(ADA, { kind: "cut_after", deltas: 2 });
    await expect(say(access)).rejects.toThrow("terminated");
  });

  test("a call at the gate goes on when it is opened", async () => {
    const { access } = await signIn(ADA);
    simulator.control.nextCalls(ADA, { kind: "gate", at: { afterDeltas: 1 } });
    const answer = say(access);
    await simulator.control.calls.until(({ held }) => held === 1);
    await post("/control/release", {});
    expect((await answer).text).toContain("response.completed");
  });

  test("another account's fault is not ours", async () => {
    const { access } = await signIn(ADA);
    simulator.control.nextCalls("grace@simulated.example", { kind: "forbidden" });
    expect((await say(access)).status).toBe(200);
    simulator.control.clearFaults();
  });
});

describe("the page for people", () => {
  const device = () => `${simulator.plainUrl}/codex/device`;
  const submit = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(device(), { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" });

  test("says that it is simulated, takes the code from the address, and asks for no password", async () => {
    const text = await (await fetch(`${device()}?user_code=ABCD-<b>`)).text();
    expect(text).toContain("Simulated OpenAI sign-in. No OpenAI account is involved.");
    expect(text).toContain('value="ABCD-&#60;b&#62;"');
    expect(text).toContain(ADA);
    expect(text).not.toMatch(/type="password"|<script/);
  });

  test("approves with a chosen account, however the code is typed", async () => {
    const code = await newCode();
    const typed = ` ${code.userCode.toLowerCase().replace("-", " ")}`;
    const answer = await submit({ user_code: typed, account: ADA, decision: "approve" });
    expect(answer.status).toBe(303);
    expect((await poll(code)).status).toBe(200);
  });

  test("says that an approved code is connected only when it has been collected, as one of a cancelled sign-in never is", async () => {
    const code = await newCode();
    const answer = await submit({ user_code: code.userCode, account: ADA, decision: "approve" });
    const read = async (address: string) => (await fetch(new URL(address, simulator.plainUrl))).text();
    const address = answer.headers.get("location") ?? "";
    const waiting = await read(address);
    expect(waiting).toContain("<h1>Approved</h1>");
    expect(waiting).toContain(`content="1; url=${address.replace("look=1", "look=2").replace("&", "&#38;")}"`);
    expect(await read(address.replace("look=1", "look=15"))).toContain("<h1>Not connected</h1>");
    await exchange((await poll(code)).json);
    expect(await read(address)).toContain("<h1>Connected</h1>");
  });

  test("makes a new account from an address", async () => {
    const code = await newCode();
    await submit({ user_code: code.userCode, account: "new", email: "new@simulated.example", plan: "pro", decision: "approve" });
    expect((await poll(code)).status).toBe(200);
    expect(simulator.control.account("new@simulated.example").plan).toBe("pro");
  });

  test("denies", async () => {
    const code = await newCode();
    await submit({ user_code: code.userCode, decision: "deny" });
    expect((await poll(code)).status).toBe(401);
  });

  test("keeps what was typed when the code is wrong, and makes no account for it", async () => {
    const answer = await submit({ user_code: "WRNG-CODE2", account: "new", email: "no@simulated.example", decision: "approve" });
    expect(answer.status).toBe(422);
    const text = await answer.text();
    expect(text).toContain("There is no such code.");
    expect(text).toContain('value="no@simulated.example"');
    expect(() => simulator.control.account("no@simulated.example")).toThrow();
  });

  test("a form of another site approves nothing", async () => {
    const code = await newCode();
    const answer = await submit({ user_code: code.userCode, account: ADA, decision: "approve" }, { origin: "https://elsewhere.example" });
    expect(answer.status).toBe(404);
    expect((await poll(code)).status).toBe(403);
  });

  test("the accounts' page uses up a window and opens it again", async () => {
    const account = simulator.control.account(ADA);
    const act = (action: string) =>
      fetch(`${simulator.plainUrl}/`, {
        method: "POST",
        body: new URLSearchParams({ account: account.accountId, action }),
        redirect: "manual",
      });
    await act("exhaust");
    expect(await (await fetch(simulator.plainUrl)).text()).toContain("100 % used");
    await act("reset");
    expect(account.windows.map((window) => window.usedPercent)).toEqual([0, 0]);
  });
});

describe("the control over HTTP", () => {
  test("a test in another process approves a code, fills a window and scripts a fault", async () => {
    const code = await newCode();
    const codes = (await (await fetch(`${simulator.plainUrl}/control/codes`)).json()) as Fields[];
    expect(codes).toContainEqual(expect.objectContaining({ userCode: code.userCode }));
    expect((await post("/control/approve", { userCode: code.userCode, account: ADA })).json).toMatchObject({
      result: { decision: "done" },
    });
    expect((await post("/control/set-windows", { account: ADA, windows: [{ minutes: 60, usedPercent: 30 }] })).status).toBe(200);
    expect(simulator.control.account(ADA).windows).toMatchObject([{ minutes: 60, usedPercent: 30 }]);
    await post("/control/next-calls", { account: ADA, fault: { kind: "forbidden" }, count: 2 });
    const { access } = await signIn(ADA);
    expect([(await say(access)).status, (await say(access)).status, (await say(access)).status]).toEqual([403, 403, 200]);
  });

  test("says what is wrong with an order", async () => {
    expect((await post("/control/exhaust", { account: "nobody" })).status).toBe(404);
    expect((await post("/control/set-windows", { account: ADA })).status).toBe(422);
    expect((await post("/control/nonsense", {})).status).toBe(404);
  });
});

describe("the TLS port", () => {
  const get = (servername: string, route: string) =>
    new Promise<number>((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: simulator.port,
        path: route,
        servername,
        headers: { host: servername },
        ca: simulator.caPem,
      };
      tlsRequest(options, (response) => resolve(response.resume().statusCode ?? 0))
        .on("error", reject)
        .end();
    });

  test.each(OPENAI_NAMES)("has a certificate for %s that its authority signed", async (name) => {
    await expect(get(name, "/")).resolves.toEqual(expect.any(Number));
  });

  test("has none for any other name, and none that others trust", async () => {
    await expect(get("example.com", "/")).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    await expect(fetch(simulator.url)).rejects.toThrow();
  });

  test("serves each route under the name that has it, and the control under none", async () => {
    expect(await get("chatgpt.com", "/codex/device")).toBe(404);
    expect(await get("auth.openai.com", "/codex/device")).toBe(200);
    expect(await get("auth.openai.com", "/backend-api/wham/usage")).toBe(404);
    expect(await get("chatgpt.com", "/backend-api/wham/usage")).toBe(401);
    expect(await get("chatgpt.com", "/control/accounts")).toBe(404);
    expect(await get("api.openai.com", "/v1/models")).toBe(401);
  });
});

test("a restart keeps the authority, the accounts and the sign-ins", async () => {
  const caDir = path.join(temporaryFolder(), "chatgpt");
  const first = await startChatgptSimulator({ caDir });
  const { refresh: token } = await signIn("grace@simulated.example", first);
  first.control.exhaust("grace@simulated.example");
  await first.close();
  expect(statSync(path.join(caDir, "ca.key")).mode & 0o777).toBe(0o600);
  expect(existsSync(path.join(caDir, "ca.pem"))).toBe(true);

  const second = await startChatgptSimulator({ caDir });
  expect(second.caPem).toBe(first.caPem);
  expect(second.control.account("grace@simulated.example").windows[0]?.usedPercent).toBe(100);
  expect((await refresh(token, second)).status).toBe(200);
  await second.close();
});

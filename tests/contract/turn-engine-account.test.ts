import { access } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADA, startedCodex, type StartedCodex } from "@/tests/factories/signed-in-codex";
import { awaitLogin, cancelLogin, logout, readAccount, readLimits, startDeviceLogin } from "@/workers/codex-runner/app-server/account";
import { AppServerRefusal } from "@/workers/codex-runner/app-server/app-server";

let codex: StartedCodex;

beforeAll(async () => {
  codex = await startedCodex("built_in");
});

afterAll(() => codex.close());

const signal = AbortSignal.timeout(60_000);

test("a home in which nobody has signed in says so", async () => {
  await expect(readAccount(codex.server)).resolves.toMatchObject({ signedIn: false, email: null, openaiUserId: null });
  await expect(readLimits(codex.server, new Date())).rejects.toBeInstanceOf(AppServerRefusal);
});

test("a second login ends the first, and a cancelled one fails", async () => {
  const first = await startDeviceLogin(codex.server);
  const second = await startDeviceLogin(codex.server);
  await expect(awaitLogin(first, signal)).resolves.toMatchObject({ kind: "failed" });
  await cancelLogin(codex.server, second.loginId);
  await expect(awaitLogin(second, signal)).resolves.toMatchObject({ kind: "failed" });
});

test("a login that is denied fails, and one that nobody waits for any more is left", async () => {
  const login = await startDeviceLogin(codex.server);
  codex.chatgpt.control.deny(login.userCode);
  await expect(awaitLogin(login, signal)).resolves.toMatchObject({ kind: "failed" });
  const left = await startDeviceLogin(codex.server);
  await expect(awaitLogin(left, AbortSignal.abort())).resolves.toEqual({ kind: "aborted" });
});

test("after a sign-in the account, its ids and its windows are known; after a sign-out nothing is left", async () => {
  const login = await startDeviceLogin(codex.server);
  expect(new URL(login.verificationUrl).host).toBe("auth.openai.com");
  codex.chatgpt.control.approve(login.userCode, ADA);
  await expect(awaitLogin(login, signal)).resolves.toEqual({ kind: "signed_in" });

  const { accountId, userId } = codex.chatgpt.control.account(ADA);
  await expect(readAccount(codex.server)).resolves.toMatchObject({ signedIn: true, email: ADA, planType: "plus", openaiUserId: userId });
  const limits = await readLimits(codex.server, new Date());
  expect(limits).toMatchObject({ allowed: true, openaiAccountId: accountId, planType: "plus" });
  expect(limits.windows.map((window) => window.windowMinutes)).toEqual([300, 10_080]);

  const authFile = path.join(String(codex.box.env.CODEX_HOME), "auth.json");
  await access(authFile);
  await logout(codex.server);
  await expect(readAccount(codex.server)).resolves.toMatchObject({ signedIn: false });
  await expect(access(authFile)).rejects.toThrow();
});

import { limitsOfRead } from "@/workers/codex-runner/app-server/reported-limits-of";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { ReportedLimits } from "@/lib/turns/reported-limits";

/** Who is signed in. */
export type SignedInAccount = {
  signedIn: boolean;
  email: string | null;
  planType: string | null;
  workspaceName: string | null;
  /** OpenAI's ids; each may be missing even when somebody is signed in. */
  openaiUserId: string | null;
  openaiAccountId: string | null;
};

export type DeviceLogin = {
  loginId: string;
  verificationUrl: string;
  userCode: string;
  /** Never rejects; `lost`: the connection ended first. */
  outcome: Promise<LoginOutcome>;
};

export type LoginOutcome = { kind: "signed_in" } | { kind: "failed"; message: string } | { kind: "lost" } | { kind: "aborted" };

/** OpenAI answers slowly now and then; app-server itself gives up later than this. */
const BACKEND_TIMEOUT_MS = 20_000;

export async function readAccount(server: AppServer, options: { refreshToken?: boolean } = {}): Promise<SignedInAccount> {
  const read = await server.request("account/read", { refreshToken: options.refreshToken ?? false }, { timeoutMs: BACKEND_TIMEOUT_MS });
  const account = read.account?.type === "chatgpt" ? read.account : null;
  return {
    signedIn: account !== null,
    email: account?.email ?? null,
    planType: account?.planType ?? null,
    workspaceName: account?.workspaceName ?? null,
    openaiUserId: read.userId ?? null,
    openaiAccountId: read.workspaceRouting?.chatgptAccountId ?? null,
  };
}

/** Starting another one cancels the first. */
export async function startDeviceLogin(server: AppServer): Promise<DeviceLogin> {
  // Before the request: a login may complete, or fail, before its answer has been read.
  const early = new Map<string, LoginOutcome>();
  let watched: string | null = null;
  let settle: (outcome: LoginOutcome) => void = () => undefined;
  const outcome = new Promise<LoginOutcome>((resolve) => (settle = resolve));
  const unsubscribe = server.subscribe(null, ({ method, params }) => {
    if (method !== "account/login/completed" || params.loginId === null) return;
    const told: LoginOutcome = params.success ? { kind: "signed_in" } : { kind: "failed", message: params.error ?? "Login failed" };
    if (params.loginId === watched) settle(told);
    else if (watched === null) early.set(params.loginId, told);
  });
  const forget = server.whenClosed(() => settle({ kind: "lost" }));
  void outcome.then(() => {
    unsubscribe();
    forget();
  });
  try {
    const { loginId, verificationUrl, userCode } = await server.request(
      "account/login/start",
      { type: "chatgptDeviceCode" },
      { timeoutMs: BACKEND_TIMEOUT_MS },
    );
    watched = loginId;
    const told = early.get(loginId);
    if (told) settle(told);
    return { loginId, verificationUrl, userCode, outcome };
  } catch (error) {
    settle({ kind: "lost" });
    throw error;
  }
}

export function awaitLogin(login: DeviceLogin, signal: AbortSignal): Promise<LoginOutcome> {
  if (signal.aborted) return Promise.resolve({ kind: "aborted" });
  return new Promise((resolve) => {
    const abort = (): void => resolve({ kind: "aborted" });
    signal.addEventListener("abort", abort, { once: true });
    void login.outcome.then((outcome) => {
      signal.removeEventListener("abort", abort);
      resolve(outcome);
    });
  });
}

export async function cancelLogin(server: AppServer, loginId: string): Promise<void> {
  await server.request("account/login/cancel", { loginId });
}

/** Tells OpenAI to revoke the tokens, and deletes them here either way. */
export async function logout(server: AppServer): Promise<void> {
  await server.request("account/logout", undefined, { timeoutMs: BACKEND_TIMEOUT_MS });
}

/** Refused (`AppServerRefusal`) while nobody is signed in. */
export async function readLimits(server: AppServer, now: Date): Promise<ReportedLimits> {
  return limitsOfRead(await server.request("account/rateLimits/read", undefined, { timeoutMs: BACKEND_TIMEOUT_MS }), now);
}

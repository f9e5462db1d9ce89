import path from "node:path";
import { makeModelCatalogue } from "@/lib/codex/model-catalogue";
import { CODEX_VERSION } from "@/lib/openai/codex-release";
import { type CodexDesk, codexBinary, openDesk } from "@/tests/contract/harness/codex";
import { type RunningAppServer, startAppServer } from "@/tests/factories/app-server";
import { type ReachableChatgpt, startReachableChatgpt } from "@/tests/factories/chatgpt-simulator";
import { awaitLogin, startDeviceLogin } from "@/workers/codex-runner/app-server/account";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import { engineSetup, type LeanOptions } from "@/workers/codex-runner/engine/lean-setup";

/** A simulated ChatGPT under OpenAI's own names, and a real Codex in front of it. */
export type StartedCodex = {
  chatgpt: ReachableChatgpt;
  box: RunningAppServer;
  server: AppServer;
  close: () => Promise<void>;
};

export const ADA = "ada@simulated.example";
const SIGN_IN_MS_MAX = 30_000;

/** The same with Ada signed in by device code. */
export async function signedInCodex(provider: LeanOptions["provider"]): Promise<StartedCodex> {
  const codex = await startedCodex(provider);
  const login = await startDeviceLogin(codex.server);
  codex.chatgpt.control.approve(login.userCode, ADA);
  const outcome = await awaitLogin(login, AbortSignal.timeout(SIGN_IN_MS_MAX));
  if (outcome.kind !== "signed_in") throw new Error(`The sign-in ended: ${JSON.stringify(outcome)} ${codex.box.stderr()}`);
  return codex;
}

export async function startedCodex(provider: LeanOptions["provider"]): Promise<StartedCodex> {
  const folder: CodexDesk = await openDesk(null);
  const chatgpt = await startReachableChatgpt(folder.home);
  const models = await makeModelCatalogue({
    binary: await codexBinary(),
    version: CODEX_VERSION,
    cacheFile: path.join(folder.home, "catalogue.json"),
  });
  const box = await startAppServer(engineSetup({ provider, models }), chatgpt.codexEnv);
  const server = await box.connect();
  return {
    chatgpt,
    box,
    server,
    close: async () => {
      server.close();
      await box.close();
      await chatgpt.close();
      await folder.dispose();
    },
  };
}

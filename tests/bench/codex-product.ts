import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { connectDatabase } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { askRunner } from "@/lib/codex/ask-runner";
import { beginSignIn } from "@/lib/codex/begin-sign-in";
import { connectAccount } from "@/lib/codex/connect-account";
import { CONSENT } from "@/lib/codex/consent-text";
import { OPERATOR, testCustomer } from "@/tests/factories/customer";
import { openExistingInstallation } from "@/workers/shared/open-installation";

/** `npm start` as anybody runs it, with simulated ChatGPT accounts that have been connected by code. */
export type CodexProduct = {
  url: string;
  /** Of the simulated provider, with `/v1`: the same answers without anything of ours in between. */
  modelUrl: string;
  /** One per customer and ChatGPT account. */
  keys: readonly string[];
  /** Of `npm start`: whatever runs below it is the product's. */
  pid: number;
  connect(count: number): Promise<void>;
  /** Resolves when every container has been stopped for having nothing to do. */
  stopped(): Promise<void>;
  stop(): Promise<void>;
};

const READY_MS_MAX = 300_000;
const POLL_MS = 50;

export async function startCodexProduct(options: { dataDir: string; port: number; env: Record<string, string> }): Promise<CodexProduct> {
  const env = { ...process.env, SWITCHYARD_DATA_DIR: options.dataDir, PORT: String(options.port), CODEX_CATALOGUE: "off", ...options.env };
  const child = spawn(process.execPath, ["workers/run.mjs", "start"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const output = () => lines.join("\n");
  await until(() => output().includes("Stop:") && output().includes("codex-runner is listening"), READY_MS_MAX).catch((error: unknown) => {
    child.kill("SIGTERM");
    throw error;
  });
  const installation = await openExistingInstallation(env, () => undefined);
  const database = connectDatabase(installation.config.databaseUrl, { max: 4 });
  const secret = installation.config.runnerSecret ?? "";
  const chatgpt = urlIn(output(), /Simulated ChatGPT .* at (http:[^\s,]+),/);
  const keys: string[] = [];

  async function connectOne(): Promise<void> {
    const name = `bench${keys.length}`;
    const email = `${name}@simulated.example`;
    const { userId, secret: apiKey } = await testCustomer(database.orm, { username: name });
    await control(chatgpt, "add-account", { email, plan: "pro", codexIncluded: true });
    await control(chatgpt, "set-step", { account: email, stepPercent: 0 });
    const { accountId } = await withTransaction(database.orm, (tx) =>
      connectAccount(tx, { userId, label: "ChatGPT", textVersion: CONSENT.version, address: null, actor: OPERATOR }),
    );
    const { signInId } = await withTransaction(database.orm, (tx) => beginSignIn(tx, { accountId, userId, address: null }));
    await askRunner({ sql: database.sql, secret }, { accountId, act: "sign-in", body: { userId, signInId } });
    const [row] = await untilRow(
      () => database.sql<{ user_code: string }[]>`select user_code from sign_ins where id = ${signInId} and state = 'waiting'`,
    );
    await control(chatgpt, "approve", { userCode: row?.user_code, account: email });
    await untilRow(() => database.sql`select 1 from sign_ins where id = ${signInId} and state = 'succeeded'`);
    keys.push(apiKey);
  }

  return {
    url: `http://127.0.0.1:${options.port}/v1`,
    modelUrl: `${urlIn(output(), /Simulated OpenAI .* at (http:\S+)\/v1,/)}/v1`,
    keys,
    pid: child.pid ?? 0,
    connect: async (count) => {
      while (keys.length < count) await connectOne();
    },
    stopped: async () => {
      await untilRow(() => database.sql`select 1 from chatgpt_accounts having bool_and(container_state = 'stopped')`);
    },
    stop: async () => {
      await database.close();
      child.kill("SIGTERM");
      await exited;
    },
  };
}

async function control(base: string, verb: string, body: unknown): Promise<void> {
  const answer = await fetch(`${base}/control/${verb}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${verb}: ${await answer.text()}`);
}

async function until(isSo: () => boolean, ms: number): Promise<void> {
  for (const end = Date.now() + ms; !isSo(); await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    if (Date.now() > end) throw new Error("the product did not come up");
  }
}

async function untilRow<T extends readonly unknown[]>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const rows = await ask();
    if (rows.length > 0) return rows;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error("a sign-in did not get on");
}

function urlIn(text: string, pattern: RegExp): string {
  const url = pattern.exec(text)?.[1];
  if (url === undefined) throw new Error(`the product has not said ${pattern.source}`);
  return url;
}

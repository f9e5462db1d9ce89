import { once } from "node:events";
import { dirname } from "node:path";
import { newId } from "@/lib/ids/ids";
import { codexBinary } from "@/tests/contract/harness/codex";
import { MODEL_URL } from "@/tests/factories/paced-model";
import { type AppServer, openAppServer } from "@/workers/codex-runner/app-server/app-server";
import type { AccountContainer, ContainerDriver, ContainerRef } from "@/workers/codex-runner/containers/container-driver";

/** What a runner would ask for, with a provider that needs no sign-in and repeats nothing. */
export async function dockerAccount(overrides: Partial<AccountContainer> = {}): Promise<AccountContainer> {
  return {
    accountId: newId("acct"),
    fence: 1,
    codexVersion: "0.169.0",
    vendorDir: dirname(dirname(await codexBinary())),
    args: ["app-server"],
    env: {},
    files: [{ name: "config.toml", content: CONFIG }],
    caPem: null,
    limits: { memoryMiB: 512, cpus: 1, pids: 256, homeMiB: 256 },
    host: null,
    ...overrides,
  };
}

const CONFIG = `model = "gpt-5.5"
model_provider = "paced"
web_search = "disabled"

[analytics]
enabled = false

[features]
plugins = false
apps = false
shell_tool = false

[model_providers.paced]
name = "Paced"
base_url = "${MODEL_URL}"
request_max_retries = 0
stream_max_retries = 0
`;

export async function connectCodex(driver: ContainerDriver, ref: ContainerRef): Promise<AppServer> {
  return openAppServer(await driver.connect(ref));
}

export type RunningTurn = {
  /** Settles with the first text that the model sent. */
  firstText: Promise<string>;
  /** The whole text and how the turn ended; rejects when the connection ends before it. */
  ended: Promise<{ text: string; status: string }>;
};

export async function startTurn(server: AppServer, prompt = "Say hello."): Promise<RunningTurn> {
  const { thread } = await server.request("thread/start", {
    model: "gpt-5.5",
    ephemeral: true,
    approvalPolicy: "never",
    sandbox: "read-only",
    baseInstructions: "",
    developerInstructions: null,
    experimentalRawEvents: true,
    dynamicTools: [],
    config: {},
  });
  let text = "";
  const events = new EventTarget();
  const firstText = once(events, "text").then(() => text);
  const ended = new Promise<{ text: string; status: string }>((resolve, reject) => {
    server.subscribe(thread.id, ({ method, params }) => {
      if (method === "item/agentMessage/delta") {
        text += (params as { delta: string }).delta;
        events.dispatchEvent(new Event("text"));
      }
      if (method === "turn/completed") resolve({ text, status: (params as { turn: { status: string } }).turn.status });
    });
    void server.closed.then((error) => reject(error ?? new Error("closed")));
  });
  ended.catch(() => undefined);
  const items = [{ type: "message", role: "user", content: [{ type: "input_text", text: prompt }] }];
  await server.request("thread/inject_items", { threadId: thread.id, items });
  await server.request("turn/start", { threadId: thread.id, input: [] });
  return { firstText, ended };
}

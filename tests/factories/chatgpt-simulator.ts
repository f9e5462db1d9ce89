import { writeFileSync } from "node:fs";
import path from "node:path";
import { type ConnectProxy, startConnectProxy } from "@/tests/factories/connect-proxy";
import { type ChatgptSimulator, OPENAI_NAMES, startChatgptSimulator } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";

/** The simulated ChatGPT, and what a real Codex must be given to find it under OpenAI's own names. */
export type ReachableChatgpt = ChatgptSimulator & {
  proxy: ConnectProxy;
  /** Certificate authority, PEM. */
  caFile: string;
  /** For the environment of a Codex: its way out, and whom it trusts. */
  codexEnv: NodeJS.ProcessEnv;
};

export async function startReachableChatgpt(folder: string): Promise<ReachableChatgpt> {
  const simulator = await startChatgptSimulator();
  const proxy = await startConnectProxy(Object.fromEntries(OPENAI_NAMES.map((name) => [name, simulator.port])));
  const caFile = path.join(folder, "simulated-ca.pem");
  writeFileSync(caFile, simulator.caPem);
  return {
    ...simulator,
    proxy,
    caFile,
    codexEnv: { NODE_ENV: process.env.NODE_ENV, HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, NO_PROXY: "", SSL_CERT_FILE: caFile },
    close: async () => {
      await proxy.close();
      await simulator.close();
    },
  };
}

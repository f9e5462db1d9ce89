import { exitWithReason } from "@/workers/shared/exit-with-reason";
import { refuseOpenSimulation } from "@/workers/shared/refuse-open-simulation";
import { untilStopped } from "@/workers/shared/until-stopped";
import { startChatgptSimulator } from "@/workers/simulator/chatgpt/start-chatgpt-simulator";
import { startOpenaiSimulator } from "@/workers/simulator/openai/start-openai-simulator";

const host = process.env.HOST || "127.0.0.1";
try {
  refuseOpenSimulation(host);
} catch (error) {
  exitWithReason(error);
}
const port = Number(process.env.PORT || 4010);
const simulator = await startOpenaiSimulator({ host, port, record: false });
process.stdout.write(`Simulated OpenAI (no model runs) at ${simulator.url}/v1, with any key\n`);

const chatgpt = await startChatgptSimulator({
  host,
  port: Number(process.env.CHATGPT_SIMULATOR_PORT || 0),
  plainPort: Number(process.env.CHATGPT_SIMULATOR_PLAIN_PORT || 0),
  caDir: process.env.CHATGPT_SIMULATOR_CA_DIR || undefined,
  record: false,
});
process.stdout.write(`Simulated ChatGPT (no OpenAI account is involved) at ${chatgpt.plainUrl}, and for Codex at ${chatgpt.url}\n`);

await untilStopped();
await Promise.all([simulator.close(), chatgpt.close()]);
process.exit(0);

import { exitWithReason } from "@/workers/shared/exit-with-reason";
import { refuseOpenSimulation } from "@/workers/shared/refuse-open-simulation";
import { untilStopped } from "@/workers/shared/until-stopped";
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

await untilStopped();
await simulator.close();
process.exit(0);

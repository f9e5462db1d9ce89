import { runtime } from "@/lib/runtime/runtime";
import { startBackground } from "@/workers/background/start-background";
import { untilStopped } from "@/workers/shared/until-stopped";

const background = await startBackground(runtime());
runtime().log.debug("background is running");

await untilStopped();
await background.stop();
await runtime().db.close();
process.exit(0);

import { runtime } from "@/lib/runtime/runtime";
import { startRunner } from "@/workers/codex-runner/start-runner";
import { exitWithReason } from "@/workers/shared/exit-with-reason";
import { untilStopped } from "@/workers/shared/until-stopped";

/** Leaves a little of the bound that `start` gives us for stopping the containers. */
const DRAIN_MS = 20_000;

try {
  const { db, log } = runtime();
  const runner = await startRunner(runtime());
  await untilStopped();
  log.info("codex-runner is draining");
  await runner.stop(DRAIN_MS);
  await db.close();
  process.exit(0);
} catch (error) {
  exitWithReason(error);
}

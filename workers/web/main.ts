import { isLoopbackHost } from "@/lib/config/load-config";
import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { runtime } from "@/lib/runtime/runtime";
import { requireDatabaseMode } from "@/lib/settings/database-mode";
import { exitWithReason } from "@/workers/shared/exit-with-reason";
import { refuseOpenSimulation } from "@/workers/shared/refuse-open-simulation";
import { untilStopped } from "@/workers/shared/until-stopped";
import { createWebServer } from "@/workers/web/create-web-server";
import { prepareNext } from "@/workers/web/prepare-next";

/** Leaves a little of the bound that `start` gives us for closing the rest. */
const DRAIN_MS = 24_000;

const { config, db, exportDb, log } = runtime();
// On this machine only, web may be there before its database is.
if (!isLoopbackHost(config.host)) {
  try {
    if ((await requireDatabaseMode(db.orm)) === "simulated") refuseOpenSimulation(config.host);
  } catch (error) {
    exitWithReason(error);
  }
}
const screens = await prepareNext(config);
const server = createWebServer({ config, log, screens, gateway: gatewayRuntime });
await server.listen();
log.info({ host: config.host, port: config.port }, "web is listening");

await untilStopped();
log.info("web is draining");
const closed = server.close(DRAIN_MS + 2_000);
const { stop: stopGateway } = await gatewayRuntime();
await stopGateway(DRAIN_MS);
await closed;
await screens.close();
await Promise.all([db.close(), exportDb.close()]);
process.exit(0);

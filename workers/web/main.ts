import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { runtime } from "@/lib/runtime/runtime";
import { untilStopped } from "@/workers/shared/until-stopped";
import { createWebServer } from "@/workers/web/create-web-server";
import { prepareNext } from "@/workers/web/prepare-next";

/** Leaves a little of the bound that `start` gives us for closing the rest. */
const DRAIN_MS = 25_000;

const { config, db, log } = runtime();
const screens = await prepareNext(config);
const server = createWebServer({ config, log, screens, gateway: gatewayRuntime });
await server.listen();
log.info({ host: config.host, port: config.port }, "web is listening");

await untilStopped();
log.info("web is draining");
const closed = server.close();
const { stop: stopGateway } = await gatewayRuntime();
await stopGateway(DRAIN_MS);
await closed;
await screens.close();
await db.close();
process.exit(0);

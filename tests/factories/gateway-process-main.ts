import { connectDatabase } from "@/db/client";
import { serveGateway } from "@/tests/factories/serve-gateway";
import type { GatewayProcessSettings } from "@/tests/factories/gateway-process";

// A gateway as a process of its own, to be stopped and killed by tests. It ends with whoever started it.
const settings = JSON.parse(process.env["TEST_GATEWAY"] ?? "{}") as GatewayProcessSettings;
const served = await serveGateway({ ...settings, db: connectDatabase(settings.databaseUrl) });
process.on("disconnect", () => process.exit(0));
process.send?.({ url: served.url });

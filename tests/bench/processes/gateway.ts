import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { runtime } from "@/lib/runtime/runtime";
import { createWebServer } from "@/workers/web/create-web-server";

/** The `web` process without its screens: the same server, the same gateway, nothing of Next. */
const { config, db, log } = runtime();
const screens = {
  handle: (_req: unknown, res: { writeHead(status: number): { end(): void } }) => Promise.resolve(res.writeHead(404).end()),
  close: () => Promise.resolve(),
};
const { stop } = await gatewayRuntime();
const server = createWebServer({ config, log, screens, gateway: gatewayRuntime });
await server.listen();
process.send?.({ port: config.port });

process.once("SIGTERM", () => {
  void (async () => {
    const closed = server.close(5_000);
    await stop(5_000);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    await db.close();
    process.exit(0);
  })();
});
process.once("disconnect", () => process.exit(1));

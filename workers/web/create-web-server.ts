import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { ProcessConfig } from "@/lib/config/load-config";
import { serveNodeRequest } from "@/lib/http/node-adapter";
import type { GatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { answerProbe, isProbe } from "@/workers/web/answer-probe";
import type { Screens } from "@/workers/web/prepare-next";

export type WebServer = { listen(): Promise<void>; close(): Promise<void> };

/** A client that takes none of the bytes that wait for it loses its connection after this long. */
const STALL_MS = 60_000;
/** Longer than the idle timers of usual proxies, so that it is they who close idle connections. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 60_000;

/** One port for everything: `/v1/*` goes straight into the gateway, the probes are answered here, the rest is Next's. */
export function createWebServer(input: {
  config: ProcessConfig;
  log: Logger;
  screens: Screens;
  gateway: () => Promise<GatewayRuntime>;
}): WebServer {
  const { config, log, screens } = input;
  const options = { trustedProxies: config.trustedProxies, stallMs: STALL_MS };
  let closing = false;

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (closing) res.setHeader("connection", "close");
    const url = req.url ?? "/";
    if (url.startsWith("/v1/") || url === "/v1") {
      const { gateway } = await input.gateway();
      await serveNodeRequest(gateway.handle, { req, res }, options);
    } else if (isProbe(url)) {
      await answerProbe(url, res, { closing, gateway: input.gateway });
    } else {
      await screens.handle(req, res);
    }
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: 0 }, (req, res) => {
    serve(req, res).catch((error: unknown) => {
      log.error({ err: error, path: req.url }, "request failed outside of every handler");
      if (!res.headersSent) res.writeHead(503, { "retry-after": "5" });
      res.end();
    });
  });
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(config.port, config.host, () => {
          server.off("error", reject);
          resolve();
        });
      }),
    close: () => {
      closing = true;
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
    },
  };
}

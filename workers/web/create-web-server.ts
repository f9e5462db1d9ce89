import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Logger } from "pino";
import type { ProcessConfig } from "@/lib/config/load-config";
import { AppError } from "@/lib/errors/app-error";
import { announcesMoreThan, boundBody } from "@/lib/http/bound-body";
import type { HeaderMap } from "@/lib/http/call";
import { serveNodeRequest } from "@/lib/http/node-adapter";
import { newId } from "@/lib/ids/ids";
import { clientKind } from "@/lib/openai/client-kind";
import { errorReply } from "@/lib/openai/error-face";
import type { GatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { answerProbe, isProbe } from "@/workers/web/answer-probe";
import type { Screens } from "@/workers/web/prepare-next";
import { screenAddress } from "@/workers/web/screen-address";

export type WebServer = {
  listen(): Promise<void>;
  /** What is still connected after `closeMs` is cut off. */
  close(closeMs: number): Promise<void>;
};

/** A client that takes none of the bytes that wait for it loses its connection after this long. */
const STALL_MS = 60_000;
/** Longer than the idle timers of usual proxies, so that it is they who close idle connections. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_MS = 60_000;
/** A body that stands still for this long ends its connection; so does one for a screen that is not whole by then. */
const BODY_IDLE_MS = 30_000;
/** As much as Next lets into a Server Action. Its route handlers, next-auth's among them, would read any body whole. */
const SCREEN_BODY_BYTES_MAX = 1024 * 1024;
/** A form of the sign-in: anybody may send one. */
const AUTH_BODY_BYTES_MAX = 64 * 1024;

/** A year, for this name only. Set here, since the build of the screens does not know the public address. */
const HSTS = "max-age=31536000";

/** One port for everything: `/v1/*` goes straight into the gateway, the probes are answered here, the rest is Next's. */
export function createWebServer(input: {
  config: ProcessConfig;
  log: Logger;
  screens: Screens;
  gateway: () => Promise<GatewayRuntime>;
}): WebServer {
  const { config, log, screens } = input;
  const options = { trustedProxies: config.trustedProxies, stallMs: STALL_MS };
  const isHttps = new URL(config.publicUrl).protocol === "https:";
  let closing = false;

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (closing) res.setHeader("connection", "close");
    if (isHttps) res.setHeader("strict-transport-security", HSTS);
    const url = req.url ?? "/";
    const isApi = url.startsWith("/v1/") || url === "/v1";
    // The gateway bounds the length and the time of its bodies itself.
    const bytesMax = isApi ? null : screenBodyBytesMax(url);
    const isTooLong = bytesMax !== null && announcesMoreThan(req, bytesMax);
    boundBody(req, { idleMs: BODY_IDLE_MS, totalMs: isApi ? null : BODY_IDLE_MS, bytesMax: isTooLong ? null : bytesMax });
    if (isTooLong) {
      // Read and thrown away, so that the refusal arrives: a connection that is closed over unread bytes may lose it.
      req.resume();
      answerError(req, res, new AppError("body_too_large", `The body is larger than ${bytesMax / 1024} KiB.`));
    } else if (isApi) {
      const { gateway } = await input.gateway();
      await serveNodeRequest(gateway.handle, { req, res }, options);
    } else if (isProbe(url)) {
      await answerProbe(url, res, { closing, gateway: input.gateway });
    } else {
      req.url = screenAddress(url);
      await screens.handle(req, res);
    }
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_MS, requestTimeout: 0 }, (req, res) => {
    serve(req, res).catch((error: unknown) => {
      log.error({ err: error, path: (req.url ?? "").split("?")[0] }, "request failed outside of every handler");
      if (res.headersSent) {
        res.end();
        return;
      }
      // What comes here is a gateway or a screen that could not be built: mostly a database that is away.
      const unavailable = new AppError("upstream_unavailable", "The gateway is not ready. Try again shortly.", { retryAfterS: 5 });
      answerError(req, res, unavailable);
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
    close: (closeMs) => {
      closing = true;
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), closeMs).unref();
      });
    },
  };
}

function screenBodyBytesMax(url: string): number {
  return url.startsWith("/api/auth/") ? AUTH_BODY_BYTES_MAX : SCREEN_BODY_BYTES_MAX;
}

function answerError(req: IncomingMessage, res: ServerResponse, error: AppError): void {
  const reply = errorReply(error, { client: clientKind(req.headers as HeaderMap), wire: "other", requestId: newId("req") });
  res.writeHead(reply.status, reply.headers);
  res.end(reply.body);
}

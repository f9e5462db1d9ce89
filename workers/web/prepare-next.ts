import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import next from "next";
import type { ProcessConfig } from "@/lib/config/load-config";
import { clientAddress } from "@/lib/http/client-address";
import { CLIENT_ADDRESS_HEADER } from "@/lib/http/client-address-header";
import type { HeaderMap } from "@/lib/http/call";
import { SCREEN_PATH_HEADER } from "@/lib/http/screen-path-header";

export type Screens = { handle(req: IncomingMessage, res: ServerResponse): Promise<void>; close(): Promise<void> };

/** The screens, served by Next inside this process. next-auth reads its settings from the environment, before Next loads. */
export async function prepareNext(config: ProcessConfig): Promise<Screens> {
  process.env["NEXTAUTH_URL"] = config.publicUrl;
  process.env["NEXTAUTH_SECRET"] = config.nextauthSecret;
  // Next takes the upgrades of the server that it is given, or else of the one that the first request came through, where it
  // would leave WebSockets to `/v1` unanswered. This one never listens.
  const httpServer = createServer();
  const app = next({ dev: false, dir: process.cwd(), hostname: config.host, port: config.port, httpServer });
  await app.prepare();
  const answer = app.getRequestHandler();
  return {
    handle: (req, res) => {
      const { remoteAddress } = req.socket;
      const address = clientAddress({ remoteAddress, headers: req.headers as HeaderMap, trustedProxies: config.trustedProxies });
      if (address === null) delete req.headers[CLIENT_ADDRESS_HEADER];
      else req.headers[CLIENT_ADDRESS_HEADER] = address;
      req.headers[SCREEN_PATH_HEADER] = req.url;
      return answer(req, res);
    },
    close: () => app.close(),
  };
}

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import {
  DOOR_URL,
  type DoorRequest,
  egressControlPath,
  egressStatus,
  ForeignControl,
  requireOwnControl,
} from "@/workers/shared/egress-control";
import { egressProxyUrl, type EgressIdentity } from "@/workers/shared/egress-token";

/** The egress proxy of this machine, as a runner sees it. */
export type EgressClient = {
  /** What a container with a door has as its HTTPS_PROXY. */
  doorUrl: string;
  /** In the network namespace of that process. Opening it again gives it the new fence. */
  openDoor(door: EgressIdentity & { pid: number }): Promise<void>;
  closeDoor(accountId: string): Promise<void>;
  /** With credentials, for what shares a network with the proxy: this machine's. */
  localProxyUrl(identity: EgressIdentity): Promise<string>;
  /** The same for what reaches the proxy elsewhere, at the port that the settings name. */
  proxyUrl(identity: EgressIdentity & { host: string }): string;
};

/** The proxy may start at the same moment as we do. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 100;
const ANSWER_MS_MAX = 15_000;
const ANSWER_CHARS_MAX = 64 * 1024;
const NOT_THERE = ["ENOENT", "ECONNREFUSED"];

type Answer = { status: number; body: unknown };

/** `port`: EGRESS_PORT. */
export function createEgressClient(options: { dataDir: string; secret: string; port: number; patienceMs?: number }): EgressClient {
  const socketPath = egressControlPath(options.dataDir);
  const askPatiently = patiently(socketPath, options.patienceMs ?? PATIENCE_MS);
  return {
    doorUrl: DOOR_URL,
    openDoor: async ({ accountId, fence, pid }) => {
      const answer = await askPatiently("PUT", `/doors/${accountId}`, { fence, pid });
      if (answer.status === 200) return;
      throw new ContainerError("failed", `The egress proxy opens no way out: ${errorOf(answer)}`);
    },
    closeDoor: async (accountId) => {
      try {
        await ask(socketPath, "DELETE", `/doors/${accountId}`);
      } catch (error) {
        // A proxy that is not there has no doors, and the next one finds that this namespace is gone.
        if (!NOT_THERE.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      }
    },
    localProxyUrl: async (identity) => {
      const answer = await askPatiently("GET", "/");
      const { tcpPort } = egressStatus.parse(answer.body);
      return egressProxyUrl(options.secret, identity, { host: "127.0.0.1", port: tcpPort });
    },
    proxyUrl: ({ host, ...identity }) => {
      if (options.port === 0) throw new ContainerError("driver_missing", "Set EGRESS_PORT: containers elsewhere must know it beforehand.");
      return egressProxyUrl(options.secret, identity, { host, port: options.port });
    },
  };
}

/** Asks until somebody is there. */
function patiently(socketPath: string, patienceMs: number): (method: string, path: string, body?: DoorRequest) => Promise<Answer> {
  return async (method, path, body) => {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      try {
        return await ask(socketPath, method, path, body);
      } catch (cause) {
        const isThere = !NOT_THERE.includes((cause as NodeJS.ErrnoException).code ?? "");
        if (isThere || performance.now() > deadline) throw noAnswer(cause);
        await delay(RETRY_MS);
      }
    }
  };
}

function noAnswer(cause: unknown): ContainerError {
  const trouble = cause instanceof ForeignControl ? "has a socket that is not this user's" : "does not answer";
  return new ContainerError("unreachable", `The egress proxy of this machine ${trouble}; without it no container may start.`, { cause });
}

async function ask(socketPath: string, method: string, path: string, body?: DoorRequest): Promise<Answer> {
  requireOwnControl(socketPath);
  const call = request({ socketPath, method, path, agent: false, timeout: ANSWER_MS_MAX });
  call.on("timeout", () => call.destroy(new Error("the egress proxy does not answer in time")));
  call.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(call, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
    text += chunk;
    if (text.length > ANSWER_CHARS_MAX) throw new Error("the egress proxy says too much");
  }
  return { status: response.statusCode ?? 0, body: JSON.parse(text) };
}

function errorOf({ status, body }: Answer): string {
  const said = (body as { error?: unknown } | null)?.error;
  return typeof said === "string" ? said : `status ${status}`;
}

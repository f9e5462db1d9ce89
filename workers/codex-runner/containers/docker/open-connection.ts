import { once } from "node:events";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CODEX_BINARY, LISTEN_PATH, SOCKET_NAME } from "@/workers/codex-runner/containers/docker/container-spec";
import { processStream } from "@/workers/codex-runner/containers/docker/demultiplex";
import { connectSocket } from "@/workers/codex-runner/containers/shared/connect-socket";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";

/** An engine whose machine lost its power does not say so. */
const KEEP_ALIVE_MS = 15_000;
const HANDSHAKE = [
  "GET / HTTP/1.1",
  "Host: localhost",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  `Sec-WebSocket-Key: ${Buffer.from("switchyard probe").toString("base64")}`,
  "\r\n",
].join("\r\n");
const HANDSHAKE_ANSWER = "HTTP/1.1 101";

/** The socket that app-server made in the folder that it shares with us. */
export async function connectSharedSocket(socketDir: string, signal?: AbortSignal): Promise<Duplex> {
  const socket = await connectSocket({ folder: socketDir, name: SOCKET_NAME, uid: null });
  try {
    await once(socket, "connect", { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return abortable(socket, signal);
}

/** Codex's own bridge to its socket, run in the container over the engine's API. */
export async function connectByExec(engine: Engine, name: string, signal?: AbortSignal): Promise<Duplex> {
  const exec = await engine.calls.getContainer(name).exec({
    Cmd: [CODEX_BINARY, "app-server", "proxy", "--sock", LISTEN_PATH],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
  });
  const connection = await engine.streams.getExec(exec.id).start({ hijack: true, stdin: true, Tty: false });
  if (connection instanceof Socket) connection.setKeepAlive(true, KEEP_ALIVE_MS);
  return abortable(processStream(connection), signal);
}

/** Whether app-server is behind this stream already: it agrees to speak WebSocket. The stream is used up. */
export async function answersWebSocket(stream: Duplex): Promise<boolean> {
  try {
    stream.write(HANDSHAKE);
    let answer = "";
    for await (const chunk of stream) {
      answer += String(chunk);
      if (answer.length >= HANDSHAKE_ANSWER.length) return answer.startsWith(HANDSHAKE_ANSWER);
    }
    return false;
  } catch {
    return false;
  } finally {
    stream.destroy();
  }
}

function abortable<T extends Duplex>(stream: T, signal: AbortSignal | undefined): T {
  if (!signal) return stream;
  const abort = () => void stream.destroy();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", abort));
  return stream;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import Docker from "dockerode";
import { isLoopbackHost } from "@/lib/config/load-config";
import { OperatorError } from "@/workers/shared/operator-error";

/** One Docker engine. Its name is the `host` of every account whose home it holds, so it stays for as long as they do. */
export type Engine = {
  name: string;
  address: string;
  /** On this machine and with our rights: processes, sockets and folders of its containers are reached directly. */
  isLocal: boolean;
  /** For calls that are answered at once. */
  calls: Docker;
  /** For streams and waits, which the caller bounds. */
  streams: Docker;
};

export type EngineAddress = { name: string; address: string };

/** Longest silence of an engine in the middle of a call. Making a container on a busy machine takes seconds. */
const SILENCE_MS_MAX = 30_000;
const TLS_FILES = { ca: "ca.pem", cert: "cert.pem", key: "key.pem" } as const;

/**
 * `tlsDir` holds `ca.pem`, `cert.pem` and `key.pem` for the engines at `tcp://`. Null: only a loopback address is spoken to; whoever
 * can listen or answer on the way to an engine is root on its machine.
 */
export function openEngine({ name, address }: EngineAddress, tlsDir: string | null): Engine {
  const url = new URL(address);
  if (url.protocol === "tcp:" && tlsDir === null && !isLoopbackHost(url.hostname.replace(/^\[|\]$/g, ""))) {
    throw new OperatorError(
      `The Docker engine ${name} is at ${address}, without TLS: anybody on the way would own it. Set DOCKER_TLS_DIR.`,
    );
  }
  const target = dialOptions(url, tlsDir);
  return {
    name,
    address,
    isLocal: address.startsWith("unix:") && process.platform === "linux" && process.getuid?.() === 0,
    calls: new Docker({ ...target, timeout: SILENCE_MS_MAX }),
    streams: new Docker(target),
  };
}

function dialOptions(url: URL, tlsDir: string | null): Docker.DockerOptions {
  if (url.protocol === "unix:") return { socketPath: url.pathname, protocol: "http" };
  const target = { host: url.hostname, port: Number(url.port) };
  if (tlsDir === null) return { ...target, protocol: "http" };
  const read = (file: string) => readFileSync(join(tlsDir, file));
  return { ...target, protocol: "https", ca: read(TLS_FILES.ca), cert: read(TLS_FILES.cert), key: read(TLS_FILES.key) };
}

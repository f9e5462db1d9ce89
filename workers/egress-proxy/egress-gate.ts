import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { guardedLookup } from "@/lib/http/guarded-agent";
import { hearHello } from "@/workers/egress-proxy/hear-hello";
import type { LeaseBook } from "@/workers/egress-proxy/lease-book";
import type { EgressIdentity } from "@/workers/shared/egress-token";

/*
 * A proxy that knows one method, CONNECT, and a handful of targets. The bytes inside are TLS, and none of its business once the client
 * has asked there for the same name: behind one address there may be many.
 *
 *   socket --header--> who? --> where to? --> how many? --> live lease? --> upstream --200--> TLS for that name? --> tunnel
 *
 * Whatever is not admitted gets its status, if there was none yet, and is closed. A tunnel lives until either side ends, it is idle for too long, or its
 * lease is over.
 */
export type EgressGateOptions = {
  /** `host:port` as it must stand in CONNECT, to where it leads. */
  targets: ReadonlyMap<string, EgressTarget>;
  leases: LeaseBook;
  /** Null: nobody that we know. */
  identify(proxyAuthorization: string | undefined): EgressIdentity | null;
  onRefused(refusal: EgressRefusal): void;
  timings?: Partial<EgressTimings>;
};

/** `guarded`: by its public addresses only. A fixed one leads anywhere. */
export type EgressTarget = { host: string; port: number; guarded: boolean };
export type EgressRefusal = { identity: EgressIdentity | null; target: string; reason: string };

export type EgressTimings = {
  /** From the connection to its complete header. */
  headerMs: number;
  connectMs: number;
  /** From the open tunnel to the whole of the client's first message. */
  helloMs: number;
  /** From the open tunnel to the upstream's first byte. */
  firstByteMs: number;
  idleMs: number;
};

const TIMINGS: EgressTimings = { headerMs: 10_000, connectMs: 10_000, helloMs: 10_000, firstByteMs: 30_000, idleMs: 15 * 60_000 };
const HEADER_BYTES_MAX = 8 * 1024;
/** Of one account. A turn needs one, and its side calls a few. */
const TUNNELS_MAX = 32;
/** Of one address: connections that have not shown yet whose they are. */
const STRANGERS_MAX = 64;
/** What one caller may say in a refused target, kept for the owner. */
const TARGET_CHARS_MAX = 120;

/** `wanted`: the target as it stands in CONNECT. `head`: what came right behind that. */
type Way = { wanted: string; target: EgressTarget; head: Buffer };
type Tunnel = { identity: EgressIdentity; client: Duplex; upstream: Socket | null };

export class EgressGate {
  /** Also listens for those that come over a shared network. */
  readonly server: Server;
  readonly #options: EgressGateOptions;
  readonly #timings: EgressTimings;
  readonly #tunnels = new Map<string, Set<Tunnel>>();
  /** Sockets that came through a door: whose they are is known by that. */
  readonly #doors = new WeakMap<Duplex, () => EgressIdentity>();
  readonly #headerTimers = new WeakMap<Duplex, () => void>();
  /** By address, those that came over a shared network and are not known yet. */
  readonly #strangers = new Map<string, Set<Socket>>();
  readonly #introductions = new WeakMap<Duplex, () => void>();

  constructor(options: EgressGateOptions) {
    this.#options = options;
    this.#timings = { ...TIMINGS, ...options.timings };
    this.server = createServer({ maxHeaderSize: HEADER_BYTES_MAX, keepAlive: false });
    this.server.on("connection", (socket: Socket) => this.#boundHeader(socket));
    this.server.on("connect", (request: IncomingMessage, client: Duplex, head: Buffer) => void this.#connect(request, client, head));
    for (const event of ["request", "upgrade"] as const) {
      this.server.on(event, (request: IncomingMessage) => this.#refusePlain(request));
    }
    this.server.on("clientError", (_error, socket) => socket.destroy());
  }

  /** A connection through the door of an account. `identity` is asked when it wants something: a fence moves on. */
  serve(socket: Socket, identity: () => EgressIdentity): void {
    // Each event of a stream is a small write: held back, it costs 40 ms.
    socket.setNoDelay(true);
    this.#doors.set(socket, identity);
    this.server.emit("connection", socket);
  }

  /** Accounts with something open. */
  accounts(): Set<string> {
    return new Set(this.#tunnels.keys());
  }

  /** Ends what may not stay. What has not been let in yet is still being asked for. */
  sweep(): void {
    for (const tunnels of this.#tunnels.values()) {
      for (const tunnel of tunnels) if (tunnel.upstream !== null && !this.#options.leases.mayStay(tunnel.identity)) close(tunnel);
    }
  }

  /** Ends what an account has open, or of that only what another fence than this one has opened. */
  cut(accountId: string, keepFence?: number): void {
    for (const tunnel of this.#tunnels.get(accountId) ?? []) if (tunnel.identity.fence !== keepFence) close(tunnel);
  }

  close(): void {
    for (const accountId of this.#tunnels.keys()) this.cut(accountId);
    this.server.close();
    this.server.closeAllConnections();
  }

  #boundHeader(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    if (!this.#doors.has(socket) && !this.#admitStranger(socket)) {
      this.#options.onRefused({ identity: null, target: "", reason: "too_many" });
      return void socket.destroy();
    }
    const timer = setTimeout(() => socket.destroy(), this.#timings.headerMs);
    timer.unref();
    const done = () => clearTimeout(timer);
    socket.once("close", done);
    this.#headerTimers.set(socket, done);
  }

  /** It counts until it is known or closed. */
  #admitStranger(socket: Socket): boolean {
    const address = socket.remoteAddress ?? "";
    const strangers = this.#strangers.get(address) ?? new Set();
    if (strangers.size >= STRANGERS_MAX) return false;
    this.#strangers.set(address, strangers.add(socket));
    const forget = () => {
      strangers.delete(socket);
      if (strangers.size === 0 && this.#strangers.get(address) === strangers) this.#strangers.delete(address);
    };
    this.#introductions.set(socket, forget);
    socket.once("close", forget);
    return true;
  }

  async #connect(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    this.#headerTimers.get(client)?.();
    client.on("error", () => client.destroy());
    const wanted = request.url ?? "";
    const identity = this.#identify(request, client);
    const refuse = (status: string, reason: string) => {
      this.#options.onRefused({ identity, target: shown(wanted), reason });
      end(client, status);
    };
    if (identity === null) return refuse("407 Proxy Authentication Required", "who_is_it");
    this.#introductions.get(client)?.();
    const target = this.#options.targets.get(wanted);
    if (target === undefined) return refuse("403 Forbidden", "not_allowed");
    const tunnel = this.#enter({ identity, client, upstream: null });
    if (tunnel === null) return refuse("429 Too Many Requests", "too_many");
    if (!(await this.#options.leases.admits(identity))) return refuse("403 Forbidden", "no_lease");
    if (!client.destroyed) this.#open(tunnel, { wanted, target, head });
  }

  #identify(request: IncomingMessage, client: Duplex): EgressIdentity | null {
    const door = this.#doors.get(client);
    return door ? door() : this.#options.identify(request.headers["proxy-authorization"]);
  }

  /** Takes a place before anything is waited for. Null: there is none. */
  #enter(tunnel: Tunnel): Tunnel | null {
    const { accountId } = tunnel.identity;
    const tunnels = this.#tunnels.get(accountId) ?? new Set();
    if (tunnels.size >= TUNNELS_MAX) return null;
    this.#tunnels.set(accountId, tunnels.add(tunnel));
    tunnel.client.once("close", () => {
      tunnels.delete(tunnel);
      if (tunnels.size === 0 && this.#tunnels.get(accountId) === tunnels) this.#tunnels.delete(accountId);
      tunnel.upstream?.destroy();
    });
    return tunnel;
  }

  #open(tunnel: Tunnel, way: Way): void {
    const { client } = tunnel;
    const { connectMs, firstByteMs, idleMs } = this.#timings;
    const { target } = way;
    const { host, port } = target;
    const upstream = connect({ host, port, noDelay: true, ...(target.guarded ? { lookup: guardedLookup } : {}) });
    tunnel.upstream = upstream;
    let isOpen = false;
    const bound = (ms: number) => setTimeout(() => upstream.destroy(), ms).unref();
    let timer = bound(connectMs);
    upstream.on("error", () => upstream.destroy());
    upstream.once("close", () => {
      clearTimeout(timer);
      if (isOpen) client.destroy();
      else end(client, "502 Bad Gateway");
    });
    upstream.once("connect", () => {
      isOpen = true;
      clearTimeout(timer);
      timer = bound(firstByteMs);
      upstream.once("data", () => clearTimeout(timer));
      upstream.setTimeout(idleMs, () => upstream.destroy());
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      upstream.pipe(client);
      void this.#join(tunnel, upstream, way);
    });
  }

  /** From here on a refusal can only be told by closing. */
  async #join(tunnel: Tunnel, upstream: Socket, { wanted, head }: Way): Promise<void> {
    const { client, identity } = tunnel;
    const heard = await hearHello(client, { head, timeoutMs: this.#timings.helloMs });
    const isTheName = heard.kind === "hello" && heard.name === wanted.slice(0, wanted.lastIndexOf(":"));
    if (isTheName) {
      upstream.write(heard.bytes);
      client.pipe(upstream);
      return;
    }
    if (heard.kind !== "gone") {
      const reason = heard.kind === "hello" ? "other_name" : heard.kind;
      this.#options.onRefused({ identity, target: shown(wanted), reason });
    }
    close(tunnel);
  }

  #refusePlain(request: IncomingMessage): void {
    const identity = this.#identify(request, request.socket);
    this.#options.onRefused({ identity, target: shown(request.url ?? ""), reason: "plain_http" });
    end(request.socket, "403 Forbidden");
  }
}

function close(tunnel: Tunnel): void {
  tunnel.client.destroy();
  tunnel.upstream?.destroy();
}

function end(client: Duplex, status: string): void {
  if (client.destroyed) return;
  client.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`, () => client.destroy());
}

/** Written by what runs in a container: cut, and nothing in it that does not print. */
function shown(target: string): string {
  return target.replace(/[^\x21-\x7e]/g, "?").slice(0, TARGET_CHARS_MAX);
}

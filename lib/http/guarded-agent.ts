import { lookup as dnsLookup } from "node:dns";
import { Agent, buildConnector } from "undici";
import { AppError } from "@/lib/errors/app-error";
import { readIpAddress } from "@/lib/http/ip-address";
import { isPublicAddress } from "@/lib/http/public-address";
import type { LookupAddress, LookupOptions } from "node:dns";

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const HEADER_BYTES_MAX = 32 * 1024;

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * The dispatcher for every URL that a customer or an operator has typed in. The address is judged when the connection
 * is made, so a name that changes its address between check and use gains nothing. Redirects are not followed.
 * `allow` holds `host:port` entries that may be private. Deadlines are the caller's: a turn may be silent for minutes.
 */
export function guardedAgent(options: { allow: readonly string[] }): Agent {
  const allowed = new Set(options.allow.map((entry) => entry.toLowerCase()));
  const open = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
  const guarded = buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: guardedLookup });
  return new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
    connect: (target, callback) => {
      const host = target.hostname.replace(/^\[|\]$/g, "");
      const port = target.port || (target.protocol === "https:" ? "443" : "80");
      if (allowed.has(hostAndPort(host, port))) return open(target, callback);
      // An address in the URL itself is connected to without a lookup.
      if (readIpAddress(host) !== null && !isPublicAddress(host)) return callback(notPublic(host), null);
      return guarded(target, callback);
    },
  });
}

/** The URL of an upstream, checked before it is stored; `request_invalid` says what is wrong with it. */
export function checkUpstreamUrl(text: string, allow: readonly string[]): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw refused(`"${text.slice(0, 200)}" is not a URL. Write it like https://api.openai.com/v1.`);
  }
  if (url.username !== "" || url.password !== "") throw refused("The URL must not hold a user name or password.");
  if (url.hash !== "") throw refused("The URL must not have a fragment (#…).");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  if (allow.some((entry) => entry.toLowerCase() === hostAndPort(host, port))) return url;
  if (url.protocol !== "https:") throw refused("The URL must begin with https://.");
  if (readIpAddress(host) !== null && !isPublicAddress(host)) throw notPublic(host);
  return url;
}

/** In place of `dns.lookup`: addresses that are not public are as good as not there. */
export function guardedLookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    const open = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = open;
    if (first === undefined) return callback(notPublic(hostname), []);
    if (options.all) return callback(null, open);
    return callback(null, first.address, first.family);
  });
}

function hostAndPort(host: string, port: string): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`.toLowerCase();
}

function notPublic(host: string): AppError {
  return refused(`${host} does not lead to a public address.`);
}

function refused(message: string): AppError {
  return new AppError("request_invalid", message, { param: "baseUrl" });
}

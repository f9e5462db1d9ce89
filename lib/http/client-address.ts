import { isInAddressList } from "@/lib/http/address-allow-list";
import { readIpAddress } from "@/lib/http/ip-address";
import type { HeaderMap } from "@/lib/http/call";

type Input = { remoteAddress: string | undefined; headers: HeaderMap; trustedProxies: readonly string[] };

/** More hops than any real chain of proxies; what stands further left was written by the client anyway. */
const HOPS_MAX = 20;

/**
 * The client's address: the socket's, and only behind proxies that we trust the nearest address of
 * `x-forwarded-for`, read from the right, that is not such a proxy. What a client wrote there itself stands further left.
 */
export function clientAddress({ remoteAddress, headers, trustedProxies }: Input): string | null {
  let current = readIpAddress(remoteAddress ?? "");
  if (current === null || trustedProxies.length === 0) return current?.text ?? null;
  const hops = (headers["x-forwarded-for"] ?? "").split(",").slice(-HOPS_MAX);
  while (isInAddressList(current, trustedProxies)) {
    const hop = readIpAddress(withoutPort(hops.pop()?.trim() ?? ""));
    if (hop === null) break;
    current = hop;
  }
  return current.text;
}

/** Some proxies write `203.0.113.7:4711` or `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  return /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop;
}

import { isIPv4, isIPv6 } from "node:net";

export type IpAddress = { family: "ipv4" | "ipv6"; text: string };

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * One spelling per address: zone ids are dropped, IPv6 is written in its shortest form, and an IPv4 address inside
 * IPv6 (`::ffff:10.0.0.1`) is that IPv4 address. Null: not an address.
 */
export function readIpAddress(text: string): IpAddress | null {
  if (isIPv4(text)) return { family: "ipv4", text };
  const bare = text.replace(/%.*$/, "");
  if (!isIPv6(bare)) return null;
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(canonical);
  if (mapped) return { family: "ipv4", text: ipv4Of(Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)) };
  return { family: "ipv6", text: canonical };
}

/**
 * Who is counted as one client: an IPv4 address, or the /64 of an IPv6 address, in which one machine may use any. Text that is
 * no address is a client of its own.
 */
export function clientNetwork(text: string): string {
  const address = readIpAddress(text);
  if (address?.family !== "ipv6") return address?.text ?? text;
  const network = ipv6Groups(address.text).slice(0, 4);
  return `${network.map((group) => group.toString(16)).join(":")}::/64`;
}

/** The eight groups of a canonical IPv6 address. */
export function ipv6Groups(canonical: string): number[] {
  const [head = "", tail] = canonical.split("::");
  const left = groups(head);
  if (tail === undefined) return left;
  const right = groups(tail);
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

export function ipv4Of(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

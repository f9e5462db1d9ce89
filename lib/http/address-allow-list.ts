import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { readIpAddress } from "@/lib/http/ip-address";
import type { IpAddress } from "@/lib/http/ip-address";

export type AddressRule = IpAddress & { prefix: number };

const MAPPED_PREFIX = 96;

/** An address (`203.0.113.7`) or a network (`203.0.113.0/24`, `2001:db8::/32`). Null: neither. */
export function readAddressRule(text: string): AddressRule | null {
  const [addressText = "", prefixText, ...rest] = text.trim().split("/");
  const address = readIpAddress(addressText);
  if (!address || rest.length > 0) return null;
  const bits = address.family === "ipv4" ? 32 : 128;
  if (prefixText === undefined) return { ...address, prefix: bits };
  if (!/^\d{1,3}$/.test(prefixText)) return null;
  // A network of IPv4 addresses written as IPv6 counts its prefix from the IPv6 side.
  const isMapped = address.family === "ipv4" && addressText.includes(":");
  const prefix = Number(prefixText) - (isMapped ? MAPPED_PREFIX : 0);
  return prefix < 0 || prefix > bits ? null : { ...address, prefix };
}

/** Lists are compiled once: the caller keeps its array, and with it the compiled form. */
const compiledLists = new WeakMap<readonly string[], CompiledList>();

/** One list per family: in a shared one, Node finds every IPv4 address inside `::/0`. */
type CompiledList = Record<IpAddress["family"], BlockList>;

/** A null list allows everybody; an empty one nobody. An address that we cannot tell is only allowed where everybody is. */
export function isAddressAllowed(address: string | null, allowList: readonly string[] | null): boolean {
  if (allowList === null) return true;
  const read = address === null ? null : readIpAddress(address);
  return read !== null && isInAddressList(read, allowList);
}

export function isInAddressList(address: IpAddress, list: readonly string[]): boolean {
  return compile(list)[address.family].check(address.text, address.family);
}

function compile(list: readonly string[]): CompiledList {
  let compiled = compiledLists.get(list);
  if (!compiled) {
    compiled = { ipv4: new BlockList(), ipv6: new BlockList() };
    for (const text of list) {
      const rule = readAddressRule(text);
      assert(rule, `${text} in an address list is no address: what fills the list lets none in`);
      compiled[rule.family].addSubnet(rule.text, rule.prefix, rule.family);
    }
    compiledLists.set(list, compiled);
  }
  return compiled;
}

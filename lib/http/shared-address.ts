import { isInAddressList } from "@/lib/http/address-allow-list";
import type { IpAddress } from "@/lib/http/ip-address";

/** Nobody comes from the internet with these: it is a network of our own, or a proxy that stands for all of its visitors. */
const SHARED_NETWORKS = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"];

/** By how much a bound per address is wider there, so that one of many people behind it cannot lock out the others at a whim. */
export const SHARED_FACTOR = 10;

export function isSharedAddress(address: IpAddress): boolean {
  return isInAddressList(address, SHARED_NETWORKS);
}

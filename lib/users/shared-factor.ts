import { readIpAddress } from "@/lib/http/ip-address";
import { isSharedAddress, SHARED_FACTOR } from "@/lib/http/shared-address";

/** By how much the bounds of one client address are wider than usual. */
export function sharedFactor(address: string | null): number {
  const read = address === null ? null : readIpAddress(address);
  return read !== null && isSharedAddress(read) ? SHARED_FACTOR : 1;
}

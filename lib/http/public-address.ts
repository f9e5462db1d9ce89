import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";
import { ipv4Of, ipv6Groups, readIpAddress } from "@/lib/http/ip-address";

/** Not reachable on the public internet, or reserved (IANA special-purpose registry), or a cloud's own service address. */
const NOT_PUBLIC_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
] as const;

/** Inside global unicast, and still not public: Teredo and other protocol assignments, documentation, 6to4. */
const NOT_PUBLIC_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"] as const;

const notPublic = new BlockList();
for (const network of NOT_PUBLIC_IPV4) addNetwork(network, "ipv4");
for (const network of NOT_PUBLIC_IPV6) addNetwork(network, "ipv6");

/** True for an address that a URL given by a customer may reach. */
export function isPublicAddress(text: string): boolean {
  const address = readIpAddress(text);
  if (address === null) return false;
  if (address.family === "ipv4") return !notPublic.check(address.text, "ipv4") && !isOwnAddress(address.text);
  const groups = ipv6Groups(address.text);
  const isNat64 = groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  if (isNat64) return isPublicAddress(ipv4Of(groups[6]!, groups[7]!));
  const isGlobalUnicast = groups[0]! >> 13 === 1;
  return isGlobalUnicast && !notPublic.check(address.text, "ipv6") && !isOwnAddress(address.text);
}

/** A machine's public address leads to services that listen on it, past whatever stands in front. */
function isOwnAddress(text: string): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => readIpAddress(address)?.text === text));
}

function addNetwork(network: string, family: "ipv4" | "ipv6"): void {
  const [address = "", prefix] = network.split("/");
  notPublic.addSubnet(address, Number(prefix), family);
}

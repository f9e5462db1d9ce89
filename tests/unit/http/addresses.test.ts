import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { isAddressAllowed, readAddressRule } from "@/lib/http/address-allow-list";
import { clientAddress } from "@/lib/http/client-address";
import { isPublicAddress } from "@/lib/http/public-address";

describe("the address allow-list", () => {
  test.each([
    ["203.0.113.7", ["203.0.113.7"], true],
    ["203.0.113.8", ["203.0.113.7"], false],
    ["203.0.113.200", ["203.0.113.0/24"], true],
    ["203.0.114.1", ["203.0.113.0/24"], false],
    ["::ffff:203.0.113.7", ["203.0.113.7"], true],
    ["::ffff:cb00:7107", ["203.0.113.7"], true],
    ["203.0.113.7", ["::ffff:203.0.113.0/120"], true],
    ["203.0.114.7", ["::ffff:203.0.113.0/120"], false],
    ["2001:db8::1", ["2001:DB8::/32"], true],
    ["2001:db9::1", ["2001:db8::/32"], false],
    ["2001:0db8:0:0::1", ["2001:db8::1"], true],
    ["fe80::1%eth0", ["fe80::/10"], true],
    ["10.0.0.1", ["::/0"], false],
    ["203.0.113.7", [], false],
    ["nonsense", ["0.0.0.0/0", "::/0"], false],
  ])("%s in %j: %s", (address, list, allowed) => {
    expect(isAddressAllowed(address, list)).toBe(allowed);
  });

  test("without a list everybody is allowed, with one an unknown address is not", () => {
    expect(isAddressAllowed(null, null)).toBe(true);
    expect(isAddressAllowed("10.0.0.1", null)).toBe(true);
    expect(isAddressAllowed(null, ["0.0.0.0/0"])).toBe(false);
  });

  test.each(["", "x", "10.0.0.1/33", "::/129", "10.0.0.0/8/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0", "::ffff:10.0.0.0/90", "example.com"])(
    "%j is no rule",
    (text) => {
      expect(readAddressRule(text)).toBeNull();
    },
  );
});

describe("the client's address", () => {
  const trustedProxies = ["10.0.0.0/8", "::1"];
  const at = (remoteAddress: string | undefined, forwarded?: string) =>
    clientAddress({ remoteAddress, headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded }, trustedProxies });

  test("a client that is no proxy of ours is not believed", () => {
    expect(at("203.0.113.7", "1.2.3.4")).toBe("203.0.113.7");
    expect(clientAddress({ remoteAddress: "127.0.0.1", headers: { "x-forwarded-for": "1.2.3.4" }, trustedProxies: [] })).toBe("127.0.0.1");
  });

  test("behind our proxies it is the nearest address that is not one of them", () => {
    expect(at("10.0.0.1", "1.2.3.4, 203.0.113.7")).toBe("203.0.113.7");
    expect(at("::ffff:10.0.0.1", "9.9.9.9, 203.0.113.7, 10.0.0.2")).toBe("203.0.113.7");
    expect(at("::1", "[2001:db8::5]:4711")).toBe("2001:db8::5");
    expect(at("10.0.0.1", "203.0.113.7:4711")).toBe("203.0.113.7");
  });

  test("what is missing or no address ends the walk", () => {
    expect(at("10.0.0.1")).toBe("10.0.0.1");
    expect(at("10.0.0.1", "203.0.113.7, unknown")).toBe("10.0.0.1");
    expect(at(undefined, "203.0.113.7")).toBeNull();
  });
});

describe("addresses that a customer's URL may reach", () => {
  test.each(["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "172.32.0.1", "100.128.0.1"])(
    "%s is public",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test.each([
    ["this host", "0.0.0.0"],
    ["loopback", "127.0.0.1"],
    ["loopback", "127.255.255.254"],
    ["private", "10.1.2.3"],
    ["private", "172.16.0.1"],
    ["private", "192.168.1.1"],
    ["link-local and metadata", "169.254.169.254"],
    ["carrier NAT", "100.64.0.1"],
    ["metadata in carrier NAT", "100.100.100.200"],
    ["Azure's wire server", "168.63.129.16"],
    ["multicast", "224.0.0.1"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["benchmarking", "198.18.0.1"],
    ["unspecified", "::"],
    ["IPv6 loopback", "::1"],
    ["mapped loopback", "::ffff:127.0.0.1"],
    ["mapped private, in hex", "::ffff:a00:1"],
    ["compatible loopback", "::127.0.0.1"],
    ["link-local", "fe80::1"],
    ["site-local", "fec0::1"],
    ["unique local and metadata", "fd00:ec2::254"],
    ["IPv6 multicast", "ff02::1"],
    ["NAT64 of loopback", "64:ff9b::7f00:1"],
    ["NAT64 of metadata", "64:ff9b::a9fe:a9fe"],
    ["local NAT64", "64:ff9b:1::808:808"],
    ["6to4 of private", "2002:a00:1::1"],
    ["Teredo", "2001:0:4136:e378::1"],
    ["documentation", "2001:db8::1"],
    ["no address", "localhost"],
  ])("%s: %s is not", (_, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test("no address of this machine is public", () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    expect(own.filter(({ address }) => isPublicAddress(address))).toEqual([]);
  });
});

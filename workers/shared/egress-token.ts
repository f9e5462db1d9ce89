import { createHmac, timingSafeEqual } from "node:crypto";

/** Whom the egress proxy admits: an account under one lease. */
export type EgressIdentity = { accountId: string; fence: number };

const CREDENTIALS_CHARS_MAX = 300;
const USER = /^(acct_[0-9a-z]{1,64})\.(\d{1,15})$/;

/**
 * `http://acct_x.7:token@host:port`, as HTTPS_PROXY wants it: for containers that share a network with the proxy, where the
 * socket alone does not tell whose they are. It is good for this lease only.
 */
export function egressProxyUrl(secret: string, identity: EgressIdentity, address: { host: string; port: number }): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `http://${userOf(identity)}:${egressToken(secret, identity)}@${host}:${address.port}`;
}

/** Null: not ours. `header` is a `Proxy-Authorization`. */
export function readEgressCredentials(secret: string, header: string | undefined): EgressIdentity | null {
  if (header === undefined || header.length > CREDENTIALS_CHARS_MAX || !/^basic /i.test(header)) return null;
  const [user = "", token = ""] = Buffer.from(header.slice(6), "base64").toString("latin1").split(":", 2);
  const [, accountId, fence] = USER.exec(user) ?? [];
  if (accountId === undefined || fence === undefined) return null;
  const identity = { accountId, fence: Number(fence) };
  const [given, right] = [Buffer.from(token, "latin1"), Buffer.from(egressToken(secret, identity), "latin1")];
  return userOf(identity) === user && given.length === right.length && timingSafeEqual(given, right) ? identity : null;
}

function egressToken(secret: string, identity: EgressIdentity): string {
  return createHmac("sha256", secret)
    .update(`egress ${userOf(identity)}`)
    .digest("base64url");
}

function userOf({ accountId, fence }: EgressIdentity): string {
  return `${accountId}.${fence}`;
}

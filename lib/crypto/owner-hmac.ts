import { createHmac } from "node:crypto";

/**
 * What an operator's key shows upstream instead of a customer's own value: the same for the same owner and value, and
 * different for any two owners, so that customers who share one upstream account cannot meet there.
 */
export function ownerHmac(masterKey: string, ownerId: string, value: string): string {
  return createHmac("sha256", masterKey).update(`owner\0${ownerId}\0${value}`).digest("base64url");
}

import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { UserRow } from "@/lib/users/find-user";

/*
 * Between the right password and the code: a person has shown the first, and no session is open. The ticket says who, until when,
 * and is signed together with the password's hash and the session version, so that a changed password or a sign-out everywhere
 * makes it worthless.
 */

export const TICKET_LIFETIME_S = 600;
const KEY_BYTES = 32;

export type TicketOwner = Pick<UserRow, "id" | "passwordHash" | "sessionVersion">;

export function issueTicket(secret: string, user: TicketOwner, now: Date): string {
  const expiresAtMs = now.getTime() + TICKET_LIFETIME_S * 1000;
  return `${user.id}.${expiresAtMs}.${signature(secret, user, expiresAtMs).toString("base64url")}`;
}

/** Of whom it claims to be; to be checked with `isTicketOf`. Null: it is too old or no ticket. */
export function ticketHolder(ticket: string, now: Date): string | null {
  const [userId = "", expiresAtMs = ""] = ticket.split(".");
  return userId !== "" && Number(expiresAtMs) > now.getTime() ? userId : null;
}

export function isTicketOf(secret: string, ticket: string, user: TicketOwner): boolean {
  const [userId, expiresAtMs, tag = "", ...rest] = ticket.split(".");
  const expected = signature(secret, user, Number(expiresAtMs));
  const given = Buffer.from(tag, "base64url");
  return userId === user.id && rest.length === 0 && given.length === expected.length && timingSafeEqual(given, expected);
}

function signature(secret: string, { id, passwordHash, sessionVersion }: TicketOwner, expiresAtMs: number): Buffer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "switchyard second step", KEY_BYTES));
  return createHmac("sha256", key)
    .update(JSON.stringify([id, expiresAtMs, sessionVersion, passwordHash]))
    .digest();
}

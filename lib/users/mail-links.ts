import { createHash, randomBytes } from "node:crypto";
import { and, desc, eq, gt, inArray, isNull, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import { mailLinks, users } from "@/db/schema/users";
import type { Sealer } from "@/lib/crypto/sealer";
import { newId } from "@/lib/ids/ids";
import type { SealedLink } from "@/lib/mail/mail-kinds";

/*
 * A link in a mail: 256 random bits, of which the database keeps the hash, and until the mail is sent the bits themselves,
 * sealed. drawn -> sent -> used once | void | expired. Opening a link changes nothing, since mail programs open links by
 * themselves; what it is for happens at the press of a button on its page.
 */

export type MailLinkKind = (typeof mailLinks.$inferSelect)["kind"];
export type MailLink = Pick<typeof mailLinks.$inferSelect, "id" | "userId" | "email">;

export const LINK_HOURS: Record<MailLinkKind, number> = { verify_email: 24, reset_password: 1, change_email: 24 };

/** Those that give the account to whoever opens them. Void from the moment on at which its owner secures it. */
export const TAKEOVER_LINKS = ["reset_password", "change_email"] as const satisfies readonly MailLinkKind[];

const SECRET_BYTES = 32;
const HOUR_MS = 3_600_000;

export type DrawnLink = { id: string; hash: Buffer; sealed: SealedLink };

export function drawLink(sealer: Sealer): DrawnLink {
  const id = newId("link");
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  const { sealed, keyId } = sealer.seal(secret, id);
  return { id, hash: hashLink(secret), sealed: { linkId: id, keyId, sealed: sealed.toString("base64") } };
}

/** The secret as it stands in the mail; null: it was wiped. */
export function openLink(sealer: Sealer, { linkId, keyId, sealed }: SealedLink): string | null {
  return sealed === undefined ? null : sealer.open(Buffer.from(sealed, "base64"), keyId, linkId);
}

export async function insertLink(
  tx: Tx,
  { link, kind, userId, email, now }: { link: DrawnLink; kind: MailLinkKind; userId: string; email: string; now: Date },
): Promise<void> {
  const expiresAt = linkExpiry(kind, now);
  await tx.insert(mailLinks).values({ id: link.id, hash: link.hash, kind, userId, email, createdAt: now, expiresAt });
}

export function linkExpiry(kind: MailLinkKind, now: Date): Date {
  return new Date(now.getTime() + LINK_HOURS[kind] * HOUR_MS);
}

/** Null: not one of ours, used, void or too old. */
export async function readLink(reader: Reader, given: { kind: MailLinkKind; secret: string; now: Date }): Promise<MailLink | null> {
  const [link] = await reader
    .select({ id: mailLinks.id, userId: mailLinks.userId, email: mailLinks.email })
    .from(mailLinks)
    .where(alive(given));
  return link ?? null;
}

/**
 * The same, and it is used up: of two who press the button at once, one gets null. The user's row is locked first, as by everybody who
 * makes links void: else two would wait for each other.
 */
export async function takeLink(tx: Tx, given: { kind: MailLinkKind; secret: string; now: Date }): Promise<MailLink | null> {
  const found = await readLink(tx, given);
  if (!found) return null;
  await tx.select({ id: users.id }).from(users).where(eq(users.id, found.userId)).for("update");
  const [link] = await tx
    .update(mailLinks)
    .set({ usedAt: given.now })
    .where(alive(given))
    .returning({ id: mailLinks.id, userId: mailLinks.userId, email: mailLinks.email });
  return link ?? null;
}

/** Every unused link of these kinds is dead from here on. */
export async function voidLinks(
  tx: Tx,
  { userId, kinds, now }: { userId: string; kinds: readonly MailLinkKind[]; now: Date },
): Promise<void> {
  await tx
    .update(mailLinks)
    .set({ expiresAt: sql`least(${mailLinks.expiresAt}, ${now.toISOString()}::timestamptz)` })
    .where(and(eq(mailLinks.userId, userId), inArray(mailLinks.kind, [...kinds]), isNull(mailLinks.usedAt)));
}

/** Where the newest link of the kind went, whatever became of it. */
export async function lastLinkEmail(reader: Reader, { userId, kind }: { userId: string; kind: MailLinkKind }): Promise<string | null> {
  const [link] = await reader
    .select({ email: mailLinks.email })
    .from(mailLinks)
    .where(and(eq(mailLinks.userId, userId), eq(mailLinks.kind, kind)))
    .orderBy(desc(mailLinks.createdAt), desc(mailLinks.id))
    .limit(1);
  return link?.email ?? null;
}

function alive({ kind, secret, now }: { kind: MailLinkKind; secret: string; now: Date }) {
  return and(eq(mailLinks.hash, hashLink(secret)), eq(mailLinks.kind, kind), isNull(mailLinks.usedAt), gt(mailLinks.expiresAt, now));
}

/** A plain hash is enough: there is nothing to guess. */
function hashLink(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

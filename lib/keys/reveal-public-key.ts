import { eq } from "drizzle-orm";
import type { Reader, Tx } from "@/db/client";
import { settings } from "@/db/schema/operations";
import { AppError } from "@/lib/errors/app-error";

const SETTING = "reveal_public_key";

/*
 * Every API key is kept a second time, sealed to this public key, for the audited reveal. Its private half never enters the
 * database: it is a file that only the operator's command line reads. Written once: a new pair would orphan the old copies.
 */

export async function readRevealPublicKey(reader: Reader): Promise<string | null> {
  const [row] = await reader.select({ value: settings.value }).from(settings).where(eq(settings.name, SETTING));
  return typeof row?.value === "string" ? row.value : null;
}

export async function requireRevealPublicKey(reader: Reader): Promise<string> {
  const publicKey = await readRevealPublicKey(reader);
  if (publicKey === null) throw new AppError("conflict", "This database has no reveal key yet: run npm start once.");
  return publicKey;
}

/** Returns the key that stands, which is an earlier one if there was one. */
export async function setRevealPublicKey(tx: Tx, publicKey: string): Promise<string> {
  await tx.insert(settings).values({ name: SETTING, value: publicKey }).onConflictDoNothing();
  return requireRevealPublicKey(tx);
}

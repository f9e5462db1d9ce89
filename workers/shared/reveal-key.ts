import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Orm } from "@/db/client";
import { withTransaction } from "@/db/transaction";
import { boxPublicKeyOf, newBoxKeyPair } from "@/lib/crypto/sealed-box";
import { readRevealPublicKey, setRevealPublicKey } from "@/lib/keys/reveal-public-key";
import { OperatorError } from "@/workers/shared/operator-error";

/** The private half: on this machine only, and read by the operator's command line only. */
export function revealKeyPath(dataDir: string): string {
  return path.join(dataDir, "reveal.key");
}

/** Makes the pair once per database. The file is written first: a crash in between leaves a key that the next start uses. */
export async function ensureRevealKey(orm: Orm, dataDir: string): Promise<void> {
  if ((await readRevealPublicKey(orm)) !== null) return;
  const file = revealKeyPath(dataDir);
  if (!existsSync(file)) {
    try {
      writeFileSync(file, newBoxKeyPair().privateKey, { mode: 0o600, flag: "wx" });
    } catch (error) {
      // Another process has just made it: theirs counts.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  const publicKey = boxPublicKeyOf(readRevealKey(file));
  await withTransaction(orm, (tx) => setRevealPublicKey(tx, publicKey));
}

export function readRevealKey(file: string): string {
  if (!existsSync(file)) {
    throw new OperatorError(
      `The reveal key is not on this machine: there is no ${file}. It was made where this database was first started.`,
    );
  }
  chmodSync(file, 0o600);
  return readFileSync(file, "utf8").trim();
}

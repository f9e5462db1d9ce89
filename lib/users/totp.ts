import { Secret, TOTP } from "otpauth";
import type { Sealer } from "@/lib/crypto/sealer";

/*
 * Time-based codes of RFC 6238 as every authenticator app makes them: SHA-1, six digits, 30 seconds. A code is taken one step
 * early or late, and each step once.
 */

const STEP_S = 30;
const DIGITS = 6;
const SECRET_BYTES = 20;
const DRIFT_STEPS = 1;
/** Between the password that starts a setup and the code that confirms it. */
const SETUP_MS = 15 * 60_000;
/** Hexadecimal digits with which the sealed column says which master key sealed it. */
const KEY_ID_BYTES = 12;

export function newTotpSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** What the QR code says. The label names the user, so that an app with several accounts can show which is which. */
export function totpUri({ secret, username, brandName }: { secret: string; username: string; brandName: string }): string {
  return generator(secret, { issuer: brandName, label: username }).toString();
}

/** The step of which the code is; null: of none that counts now. */
export function totpStep({ secret, code, now }: { secret: string; code: string; now: Date }): number | null {
  const timestamp = now.getTime();
  const delta = generator(secret).validate({ token: code, timestamp, window: DRIFT_STEPS });
  return delta === null ? null : Math.floor(timestamp / 1000 / STEP_S) + delta;
}

/** Whether what was started can still be confirmed: whoever finds an open session later must not put an authenticator of theirs on it. */
export function isSetupOpen({ totpStartedAt }: { totpStartedAt: Date | null }, now: Date): boolean {
  return totpStartedAt !== null && now.getTime() - totpStartedAt.getTime() < SETUP_MS;
}

/** The key's id stands before the sealed bytes, and the whole is bound to the user. */
export function sealTotpSecret(sealer: Sealer, secret: string, userId: string): Buffer {
  const { sealed, keyId } = sealer.seal(secret, sealedFor(userId));
  if (keyId.length !== KEY_ID_BYTES) throw new Error("a key id of another length");
  return Buffer.concat([Buffer.from(keyId, "latin1"), sealed]);
}

export function openTotpSecret(sealer: Sealer, column: Buffer, userId: string): string {
  return sealer.open(column.subarray(KEY_ID_BYTES), column.subarray(0, KEY_ID_BYTES).toString("latin1"), sealedFor(userId));
}

function sealedFor(userId: string): string {
  return `totp ${userId}`;
}

function generator(secret: string, shown: { issuer?: string; label?: string } = {}): TOTP {
  return new TOTP({ ...shown, secret: Secret.fromBase32(secret), algorithm: "SHA1", digits: DIGITS, period: STEP_S });
}

import { hash, verify } from "@node-rs/argon2";
import { throughPasswordGate } from "@/lib/crypto/password-gate";
import { randomText, READABLE } from "@/lib/crypto/random-text";

/** argon2id, 19 MiB and two passes: OWASP's recommendation; about 30 ms on a small machine. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const GROUPS = 4;
const GROUP_LENGTH = 5;

export function hashPassword(password: string): Promise<string> {
  return throughPasswordGate(() => hash(password.normalize("NFC"), COST));
}

/** Without a hash (no such user, no password) it does the same work and says no: the time tells nothing. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  const against = passwordHash ?? (await dummyHash());
  const matches = await throughPasswordGate(() => verify(against, password.normalize("NFC")));
  return matches && passwordHash !== null;
}

/** About 100 bits, in groups that can be read out on the telephone. */
export function newPassword(): string {
  return Array.from({ length: GROUPS }, () => randomText(READABLE, GROUP_LENGTH)).join("-");
}

let dummy: Promise<string> | undefined;

function dummyHash(): Promise<string> {
  // Once per process, and past the gate: a full one must not leave us without it.
  dummy ??= hash(newPassword(), COST);
  return dummy;
}

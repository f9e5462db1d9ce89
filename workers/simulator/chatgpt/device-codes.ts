import { createHash, randomBytes, randomInt, randomUUID } from "node:crypto";
import type { Clock } from "@/lib/time/clock";

/**
 * The device-code half of the simulated sign-in: a code waits until somebody approves or denies it or until it is too old. An approved one
 * is exchanged once for an authorization code, and that one once for tokens.
 *   pending -> approved -> redeemed      pending -> denied | expired
 */
export type DeviceCode = {
  deviceAuthId: string;
  userCode: string;
  expiresAt: Date;
  state: "pending" | "approved" | "denied" | "expired" | "redeemed";
};

export type Decision = "done" | "unknown" | "expired" | "decided";

type Kept = DeviceCode & { accountId: string | null; authorizationCode: string; verifier: string };
export type Grant = { authorizationCode: string; verifier: string; challenge: string };

const CODE_MS = 15 * 60_000;
const CODES_MAX = 1_000;
/** Without what people mix up: 0 and O, 1 and I, and vowels that make words. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ23456789";
const VERIFIER_BYTES = 32;

export class DeviceCodes {
  private readonly codes: Kept[] = [];
  private readonly watchers = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  start(): DeviceCode {
    const code: Kept = {
      deviceAuthId: `deviceauth_${randomUUID().replaceAll("-", "")}`,
      userCode: `${letters(4)}-${letters(5)}`,
      expiresAt: new Date(this.clock.now().getTime() + CODE_MS),
      state: "pending",
      accountId: null,
      authorizationCode: `ac_${randomUUID().replaceAll("-", "")}`,
      verifier: randomBytes(VERIFIER_BYTES).toString("base64url"),
    };
    this.codes.push(code);
    if (this.codes.length > CODES_MAX) this.codes.shift();
    for (const look of this.watchers) look();
    return code;
  }

  /** What the waiting client is told. */
  poll(deviceAuthId: string, userCode: string): { state: DeviceCode["state"] | "unknown"; grant?: Grant } {
    const code = this.list().find((entry) => entry.deviceAuthId === deviceAuthId && entry.userCode === userCode);
    if (code === undefined) return { state: "unknown" };
    if (code.state !== "approved") return { state: code.state };
    return {
      state: "approved",
      grant: { authorizationCode: code.authorizationCode, verifier: code.verifier, challenge: challengeOf(code) },
    };
  }

  /** `done` when it can be decided. */
  lookUp(userCode: string): Decision {
    const code = this.find(userCode);
    if (code === undefined) return "unknown";
    if (code.state === "pending") return "done";
    return code.state === "expired" ? "expired" : "decided";
  }

  /** Null: there is no such code. */
  stateOf(userCode: string): DeviceCode["state"] | null {
    return this.find(userCode)?.state ?? null;
  }

  approve(userCode: string, accountId: string): Decision {
    return this.decide(userCode, "approved", accountId);
  }

  deny(userCode: string): Decision {
    return this.decide(userCode, "denied", null);
  }

  expire(userCode: string): Decision {
    return this.decide(userCode, "expired", null);
  }

  /** The account that an authorization code was approved for, once. */
  redeem(authorizationCode: string, verifier: string): string | null {
    const code = this.list().find((entry) => entry.authorizationCode === authorizationCode);
    if (code?.state !== "approved" || code.verifier !== verifier) return null;
    code.state = "redeemed";
    return code.accountId;
  }

  pending(): DeviceCode[] {
    return this.list()
      .filter((code) => code.state === "pending")
      .map(({ deviceAuthId, userCode, expiresAt, state }) => ({ deviceAuthId, userCode, expiresAt, state }));
  }

  /** Resolves with the youngest code that waits, as soon as there is one. */
  async untilPending(): Promise<DeviceCode> {
    for (;;) {
      const code = this.pending().at(-1);
      if (code) return code;
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.watchers.delete(look);
          resolve();
        };
        this.watchers.add(look);
      });
    }
  }

  private list(): Kept[] {
    const now = this.clock.now();
    for (const code of this.codes) if (code.state === "pending" && code.expiresAt <= now) code.state = "expired";
    return this.codes;
  }

  private find(userCode: string): Kept | undefined {
    const wanted = plainCode(userCode);
    return this.list().findLast((code) => plainCode(code.userCode) === wanted);
  }

  private decide(userCode: string, state: "approved" | "denied" | "expired", accountId: string | null): Decision {
    const decision = this.lookUp(userCode);
    if (decision === "done") Object.assign(this.find(userCode) ?? {}, { state, accountId });
    return decision;
  }
}

/** People type it with and without the dash, in small letters, with spaces. */
function plainCode(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, "");
}

function letters(count: number): string {
  return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

function challengeOf({ verifier }: Kept): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

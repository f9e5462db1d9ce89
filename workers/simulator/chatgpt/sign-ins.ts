import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "@/lib/time/clock";
import type { SimulatedAccount } from "@/workers/simulator/chatgpt/simulated-accounts";

/**
 * Who is signed in, and with which tokens. One sign-in has one refresh token at a time: using it makes the next one, and an older one is
 * refused as reused. Tokens are JWTs without a signature that anybody could check; nothing outside of the simulator takes them.
 */
export type SignIn = {
  id: string;
  accountId: string;
  secret: string;
  /** Counts refreshes; the tokens name it. */
  generation: number;
  /** Access tokens of an earlier generation are refused as expired. */
  accessGenerationMin: number;
  revoked: boolean;
  refuseRefresh: RefreshRefusal | null;
};

export type RefreshRefusal = "refresh_token_expired" | "refresh_token_reused" | "refresh_token_invalidated";
export type Tokens = { id_token: string; access_token: string; refresh_token: string };
export type AccessCheck = { kind: "valid"; accountId: string } | { kind: "expired" | "revoked" | "unknown" };

const SIGN_INS_MAX = 1_000;
const SECRET_BYTES = 12;
/** As long as OpenAI's live. */
const ACCESS_TOKEN_S = 10 * 86_400;
const ID_TOKEN_S = 3_600;

export class SignIns {
  private readonly signIns: SignIn[];

  constructor(
    private readonly clock: Clock,
    kept: readonly SignIn[] = [],
  ) {
    this.signIns = [...kept];
  }

  list(): readonly SignIn[] {
    return this.signIns;
  }

  open(account: SimulatedAccount): Tokens {
    const signIn: SignIn = {
      id: randomUUID(),
      accountId: account.accountId,
      secret: randomBytes(SECRET_BYTES).toString("hex"),
      generation: 1,
      accessGenerationMin: 1,
      revoked: false,
      refuseRefresh: null,
    };
    this.signIns.push(signIn);
    if (this.signIns.length > SIGN_INS_MAX) this.signIns.shift();
    return this.tokensFor(signIn, account);
  }

  refresh(refreshToken: string, accountOf: (accountId: string) => SimulatedAccount | null): Tokens | RefreshRefusal {
    const found = this.findByRefreshToken(refreshToken);
    const account = found && accountOf(found.signIn.accountId);
    if (!found || !account || found.signIn.revoked) return "refresh_token_invalidated";
    const { signIn, generation } = found;
    if (signIn.refuseRefresh !== null) return signIn.refuseRefresh;
    if (generation !== signIn.generation) return "refresh_token_reused";
    signIn.generation += 1;
    return this.tokensFor(signIn, account);
  }

  /** An unknown token is no error: it is gone either way. */
  revokeToken(refreshToken: string): void {
    const found = this.findByRefreshToken(refreshToken);
    if (found) found.signIn.revoked = true;
  }

  check(accessToken: string): AccessCheck {
    const claims = readClaims(accessToken);
    const signIn = this.signIns.find((entry) => entry.id === claims?.sid);
    if (!signIn || typeof claims?.exp !== "number" || typeof claims.generation !== "number") return { kind: "unknown" };
    if (signIn.revoked) return { kind: "revoked" };
    const isExpired = claims.exp * 1000 <= this.clock.now().getTime() || claims.generation < signIn.accessGenerationMin;
    return isExpired ? { kind: "expired" } : { kind: "valid", accountId: signIn.accountId };
  }

  /** Signed out by OpenAI, everywhere. */
  revoke(accountId: string): void {
    for (const signIn of this.of(accountId)) signIn.revoked = true;
  }

  /** The next call is refused, and a refresh helps. */
  expireAccessTokens(accountId: string): void {
    for (const signIn of this.of(accountId)) signIn.accessGenerationMin = signIn.generation + 1;
  }

  refuseRefresh(accountId: string, refusal: RefreshRefusal | null): void {
    for (const signIn of this.of(accountId)) signIn.refuseRefresh = refusal;
  }

  private of(accountId: string): SignIn[] {
    return this.signIns.filter((signIn) => signIn.accountId === accountId);
  }

  private findByRefreshToken(refreshToken: string): { signIn: SignIn; generation: number } | null {
    const [, id, secret, generation] = /^rt_([0-9a-f-]{36})_([0-9a-f]+)_(\d+)$/.exec(refreshToken) ?? [];
    const signIn = this.signIns.find((entry) => entry.id === id && entry.secret === secret);
    return signIn ? { signIn, generation: Number(generation) } : null;
  }

  private tokensFor(signIn: SignIn, account: SimulatedAccount): Tokens {
    const issuedAt = Math.floor(this.clock.now().getTime() / 1000);
    const claims = {
      iss: "https://auth.openai.com",
      sub: account.userId,
      sid: signIn.id,
      generation: signIn.generation,
      iat: issuedAt,
      email: account.email,
      email_verified: true,
      "https://api.openai.com/profile": { email: account.email, email_verified: true },
      "https://api.openai.com/auth": {
        chatgpt_account_id: account.accountId,
        chatgpt_user_id: account.userId,
        user_id: account.userId,
        chatgpt_plan_type: account.plan,
      },
    };
    return {
      id_token: jwt({ ...claims, aud: ["app_EMoamEEZ73f0CkXaXp7hrann"], exp: issuedAt + ID_TOKEN_S }),
      access_token: jwt({ ...claims, aud: ["https://api.openai.com/v1"], exp: issuedAt + ACCESS_TOKEN_S }),
      refresh_token: `rt_${signIn.id}_${signIn.secret}_${signIn.generation}`,
    };
  }
}

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part({ jti: randomUUID(), ...claims })}.simulated`;
}

function readClaims(token: string): Record<string, unknown> | null {
  const [, claims] = token.split(".");
  try {
    return JSON.parse(Buffer.from(claims ?? "", "base64url").toString("utf8")) as Record<string, unknown>;
  } catch {
    return null;
  }
}

import type { AuthOptions, User } from "next-auth";
import CredentialsProvider from "next-auth/providers/credentials";
import { actLimiter } from "@/app/_server/act-limiter";
import { clientFromHeaders } from "@/app/_server/client-from-headers";
import { withFixedFailure } from "@/app/_server/fixed-failure";
import { signInLimiter } from "@/app/_server/sign-in-limiter";
import { withTransaction } from "@/db/transaction";
import { runtime } from "@/lib/runtime/runtime";
import { revokeSession, SESSION_LIFETIME_S } from "@/lib/users/sessions";
import { finishSignIn } from "@/lib/users/finish-sign-in";
import { signIn } from "@/lib/users/sign-in";
import { signInInput } from "@/lib/users/sign-in-input";

declare module "next-auth" {
  interface User {
    /** The row in `sessions` that the sign-in opened. */
    sessionId: string;
  }
}

declare module "next-auth/jwt" {
  interface JWT {
    /** The cookie names a row in `sessions`, and says nothing else that counts. */
    sessionId?: string;
  }
}

/** A function, so that `next build` needs no settings. */
export function authOptions(): AuthOptions {
  const { config, log } = runtime();
  return {
    secret: config.nextauthSecret,
    session: { strategy: "jwt", maxAge: SESSION_LIFETIME_S },
    useSecureCookies: isHttps(config.publicUrl),
    cookies: { sessionToken: sessionCookie(config.publicUrl) },
    pages: { signIn: "/sign-in", signOut: "/sign-in", error: "/sign-in" },
    logger: {
      error: (code, detail) => log.warn({ code, detail }, "next-auth"),
      warn: (code) => log.debug({ code }, "next-auth"),
      debug: () => {},
    },
    providers: [
      CredentialsProvider({
        credentials: {
          username: { label: "Username or e-mail" },
          password: { label: "Password", type: "password" },
          code: { label: "Code of the authenticator, where one is set up" },
        },
        authorize: withFixedFailure(authorize, (error) => log.error({ err: error }, "sign-in failed")),
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => (user ? { sub: user.id, sessionId: user.sessionId } : token),
    },
    events: {
      signOut: async ({ token }) => {
        const { db, clock } = runtime();
        const { sessionId } = token;
        if (sessionId) await withTransaction(db.orm, (tx) => revokeSession(tx, { sessionId, now: clock.now() }));
      },
    },
  };
}

async function authorize(given: unknown, request: { headers?: object | undefined }): Promise<User | null> {
  const input = signInInput.safeParse(given);
  if (!input.success) return null;
  const { config, db, clock, sealer } = runtime();
  const ticketSecret = config.nextauthSecret;
  const client = clientFromHeaders(new Headers(request.headers as Record<string, string>));
  const { username: name, password, code } = input.data;
  const first = await signIn({ orm: db.orm, clock, limiter: signInLimiter(), ticketSecret }, { name, password, ...client });
  const parts = { orm: db.orm, clock, sealer, limiter: actLimiter(), ticketSecret };
  const result = first.kind === "second_step" ? await finishSignIn(parts, { ticket: first.ticket, code: code ?? "", ...client }) : first;
  return result.kind === "signed_in" ? { id: result.session.userId, sessionId: result.session.id } : null;
}

/** Browsers refuse `Secure` cookies from plain http, so the public address decides. */
export function sessionCookie(publicUrl: string) {
  const secure = isHttps(publicUrl);
  return {
    name: `${secure ? "__Secure-" : ""}next-auth.session-token`,
    options: { httpOnly: true, sameSite: "lax", path: "/", secure } as const,
  };
}

function isHttps(url: string): boolean {
  return new URL(url).protocol === "https:";
}

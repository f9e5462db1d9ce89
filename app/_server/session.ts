import { cookies, headers } from "next/headers";
import { notFound, redirect } from "next/navigation";
import { decode, encode } from "next-auth/jwt";
import { cache } from "react";
import { sessionCookie } from "@/app/_server/auth-options";
import { withTransaction } from "@/db/transaction";
import type { Viewer } from "@/lib/access/viewer";
import { ownPath, withReturnPath } from "@/lib/http/own-path";
import { SCREEN_PATH_HEADER } from "@/lib/http/screen-path-header";
import { runtime } from "@/lib/runtime/runtime";
import { readSession, revokeSession, SESSION_LIFETIME_S, type OpenedSession, type SignedIn } from "@/lib/users/sessions";

/** Whoever the cookie stands for, checked against the sessions table, once per request. */
export const signedIn = cache(async (): Promise<SignedIn | null> => {
  const sessionId = await sessionIdFromCookie();
  if (!sessionId) return null;
  const { db, clock } = runtime();
  return readSession(db.orm, { sessionId, now: clock.now() });
});

/** Null also for a session that may only change its password, and for a user who is not active. */
export async function viewer(): Promise<Viewer | null> {
  const session = await signedIn();
  return session && session.status === "active" && !session.mustChangePassword ? session.viewer : null;
}

/** For pages: sends strangers to the sign-in, and back afterwards. A page of another role does not exist for the viewer. */
export async function requireViewer(role?: "admin"): Promise<Viewer> {
  const session = await signedIn();
  if (!session) redirect(await signInPath());
  if (session.status !== "active") redirect("/welcome");
  if (session.mustChangePassword) redirect("/change-password");
  if (role === "admin" && session.viewer.role !== "admin") notFound();
  return session.viewer;
}

/** The cookie that next-auth's own credentials callback would set; from a Server Action, which works before JavaScript loads. */
export async function setSessionCookie(session: OpenedSession): Promise<void> {
  const { config } = runtime();
  const cookie = sessionCookie(config.publicUrl);
  const token = await encode({
    token: { sub: session.userId, sessionId: session.id },
    secret: config.nextauthSecret,
    maxAge: SESSION_LIFETIME_S,
  });
  (await cookies()).set(cookie.name, token, { ...cookie.options, expires: session.expiresAt });
}

/** Ends the session on the server first: a copied cookie is worth nothing afterwards. */
export async function endSession(): Promise<void> {
  const sessionId = await sessionIdFromCookie();
  const { config, db, clock } = runtime();
  if (sessionId) await withTransaction(db.orm, (tx) => revokeSession(tx, { sessionId, now: clock.now() }));
  const { name, options } = sessionCookie(config.publicUrl);
  (await cookies()).set(name, "", { ...options, maxAge: 0 });
}

/** A person who wanted a home screen finds it by themselves. */
async function signInPath(): Promise<string> {
  const wanted = ownPath((await headers()).get(SCREEN_PATH_HEADER));
  return wanted === null || wanted === "/dashboard" || wanted === "/admin" ? "/sign-in" : withReturnPath("/sign-in", wanted);
}

async function sessionIdFromCookie(): Promise<string | null> {
  const { config } = runtime();
  const value = (await cookies()).get(sessionCookie(config.publicUrl).name)?.value;
  if (!value) return null;
  // A cookie that does not decrypt is an old secret's or a forgery: nobody is signed in.
  const token = await decode({ token: value, secret: config.nextauthSecret }).catch(() => null);
  return token?.sessionId ?? null;
}

import { redirect } from "next/navigation";
import { homePath } from "@/app/_server/home-path";
import { setSessionCookie } from "@/app/_server/session";
import { ownPath } from "@/lib/http/own-path";
import { runtime } from "@/lib/runtime/runtime";
import { readSession, type OpenedSession } from "@/lib/users/sessions";

/** Sets the cookie, and leads where the person wanted to go, or to the first screen that is open to them. */
export async function enterSession(opened: OpenedSession, to: string | undefined): Promise<never> {
  await setSessionCookie(opened);
  const { db, clock } = runtime();
  const session = await readSession(db.orm, { sessionId: opened.id, now: clock.now() });
  if (!session) redirect("/sign-in");
  const wanted = ownPath(to);
  const isOpen = session.status === "active" && !session.mustChangePassword;
  redirect(isOpen && wanted !== null ? wanted : homePath(session));
}

import type { ActionClient } from "@/app/_server/run-action";
import type { Actor } from "@/lib/access/viewer";
import type { SignedIn } from "@/lib/users/sessions";

/** Who did it, for the audit log of what a Server Action changes. */
export function actorOf(session: SignedIn, client: ActionClient): Actor {
  return { kind: "user", userId: session.viewer.userId, address: client.address ?? undefined };
}

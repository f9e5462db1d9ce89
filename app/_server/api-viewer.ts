import { clientFromHeaders } from "@/app/_server/client-from-headers";
import { viewer as sessionViewer } from "@/app/_server/session";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { KeyCache } from "@/lib/keys/key-cache";
import { verifyKey } from "@/lib/keys/verify-key";
import { runtime } from "@/lib/runtime/runtime";
import { findUserById } from "@/lib/users/find-user";

/** Who asks: the owner of the API key in `Authorization`, else whoever is signed in. */
export async function apiViewer(headers: Headers): Promise<Viewer> {
  const authorization = headers.get("authorization");
  if (authorization !== null) return keyOwner(authorization, clientFromHeaders(headers).address);
  const viewer = await sessionViewer();
  if (!viewer) throw new AppError("key_invalid", "Send an API key as Authorization: Bearer, or sign in.");
  return viewer;
}

async function keyOwner(authorization: string, clientAddress: string | null): Promise<Viewer> {
  const { config, db, clock } = runtime();
  // These reads are rare. A cache that lives for one of them is never out of date.
  const cache = new KeyCache(db.orm, clock);
  const { key, user } = await verifyKey({ authorization }, { cache, clock, clientAddress, publicUrl: config.publicUrl });
  const owner = await findUserById(db.orm, user.id);
  if (!owner) throw new AppError("key_invalid", "The owner of this API key is gone.");
  return { userId: owner.id, username: owner.username, role: owner.role, via: { kind: "api_key", keyId: key.id } };
}

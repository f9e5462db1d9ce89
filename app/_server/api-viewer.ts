import { clientFromHeaders } from "@/app/_server/client-from-headers";
import { readLimiter } from "@/app/_server/read-limiter";
import { viewer as sessionViewer } from "@/app/_server/session";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { verifyKey } from "@/lib/keys/verify-key";
import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";
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
  const { keys: cache } = await gatewayRuntime();
  const found = await verifyKey(
    { authorization },
    { cache, clock, clientAddress, publicUrl: config.publicUrl, masterKey: config.masterKey },
  );
  await readLimiter().count(found.key);
  const owner = await findUserById(db.orm, found.user.id);
  if (!owner) throw new AppError("key_invalid", "The owner of this API key is gone.");
  // A helper may stand on anybody's machine: what it fetches is for models only.
  const accountRead = found.key.accountRead && !("helper" in found);
  return { userId: owner.id, username: owner.username, role: owner.role, via: { kind: "api_key", keyId: found.key.id, accountRead } };
}

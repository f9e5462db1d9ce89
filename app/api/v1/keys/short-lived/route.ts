import { clientFromHeaders } from "@/app/_server/client-from-headers";
import { errorResponse, ownHeaders } from "@/app/_server/responders";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { issueShortKey } from "@/lib/keys/issue-short-key";
import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";
import { runtime } from "@/lib/runtime/runtime";

/** For the helper behind Codex's `auth.command`, which asks for plain text: the key and nothing else. */
export async function POST(request: Request): Promise<Response> {
  const requestId = newId("req");
  try {
    const secret = /^bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (secret === undefined) throw new AppError("key_invalid", 'Send the helper\'s secret as "Authorization: Bearer …".');
    const { config, db, clock } = runtime();
    const { publicUrl, masterKey } = config;
    const clientAddress = clientFromHeaders(request.headers).address;
    const { keys: cache } = await gatewayRuntime();
    const { key, expiresAt } = await issueShortKey(db.orm, secret, { cache, clock, clientAddress, publicUrl, masterKey });
    const headers = { ...(await ownHeaders()), "x-request-id": requestId };
    if (request.headers.get("accept")?.includes("text/plain")) return new Response(`${key}\n`, { headers });
    return Response.json({ key, expiresAt: expiresAt.toISOString() }, { headers });
  } catch (thrown) {
    return errorResponse(thrown, requestId);
  }
}

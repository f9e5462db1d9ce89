import { apiRead } from "@/app/_server/responders";
import { AppError } from "@/lib/errors/app-error";
import { readLastUse } from "@/lib/keys/read-last-use";
import { runtime } from "@/lib/runtime/runtime";

/** What the setup page waits for. `since`: an ISO instant before which nothing counts. */
export const GET = apiRead<{ keyId: string }>("requests", async ({ viewer, query, params: { keyId }, onlyKeyId }) => {
  if (onlyKeyId !== null && keyId !== onlyKeyId) throw new AppError("not_found", "There is no such key.");
  return readLastUse(runtime().db.orm, viewer, { keyId, since: query.get("since") });
});

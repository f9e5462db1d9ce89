import { apiRead } from "@/app/_server/responders";
import { AppError } from "@/lib/errors/app-error";
import { findRequestDetail } from "@/lib/requests/read-detail";
import { runtime } from "@/lib/runtime/runtime";

/** One request with its bill, its hold and what went through the wallet. */
export const GET = apiRead<{ requestId: string }>("requests", async ({ viewer, params: { requestId }, onlyKeyId }) => {
  const request = await findRequestDetail(runtime().db.orm, viewer, { requestId });
  if (onlyKeyId !== null && request.keyId !== onlyKeyId) throw new AppError("not_found", "There is no such request.");
  return request;
});

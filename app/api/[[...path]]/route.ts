import { errorResponse } from "@/app/_server/responders";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { runtime } from "@/lib/runtime/runtime";

/** Programs read JSON: what is not there answers as the failures of what is there, and not with a page. */
async function refuse(request: Request): Promise<Response> {
  const message = `There is no ${request.method} at this address. What there is: ${runtime().config.publicUrl}/api-docs`;
  return errorResponse(new AppError("not_found", message), newId("req"));
}

export { refuse as GET, refuse as POST, refuse as PUT, refuse as PATCH, refuse as DELETE };

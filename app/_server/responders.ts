import { apiViewer } from "@/app/_server/api-viewer";
import { isSimulated } from "@/app/_server/simulated";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { SIMULATED_HEADER } from "@/lib/http/simulated-header";
import { errorReply } from "@/lib/openai/error-face";
import { runtime } from "@/lib/runtime/runtime";

type Params = Record<string, string>;
type Answer<P extends Params> = (request: { viewer: Viewer; query: URLSearchParams; params: P }) => Promise<object>;

/** A read for machines: an API key or the browser's session, JSON out, OpenAI's error envelope when it fails. */
export function apiRead<P extends Params = Params>(answer: Answer<P>) {
  return async (request: Request, context: { params: Promise<P> }): Promise<Response> => {
    const requestId = newId("req");
    try {
      const viewer = await apiViewer(request.headers);
      const body = await answer({ viewer, query: new URL(request.url).searchParams, params: await context.params });
      return Response.json(body, { headers: { ...(await ownHeaders()), "x-request-id": requestId } });
    } catch (thrown) {
      return errorResponse(thrown, requestId);
    }
  };
}

async function ownHeaders(): Promise<Record<string, string>> {
  return { "cache-control": "no-store", ...((await isSimulated()) && { [SIMULATED_HEADER]: "1" }) };
}

async function errorResponse(thrown: unknown, requestId: string): Promise<Response> {
  const error = thrown instanceof AppError ? thrown : new AppError("internal", "Something went wrong on our side.", { cause: thrown });
  if (error.code === "internal") runtime().log.error({ err: thrown, requestId }, "api read failed");
  // No Codex reads these addresses, so its retries need no care: every caller sees the plain statuses.
  const reply = errorReply(error, { client: "sdk", wire: "other", requestId });
  return new Response(reply.body as Uint8Array<ArrayBuffer>, {
    status: reply.status,
    // The database may be what failed.
    headers: { ...reply.headers, ...(await ownHeaders().catch(() => ({ "cache-control": "no-store" }))) },
  });
}

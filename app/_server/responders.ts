import { apiViewer } from "@/app/_server/api-viewer";
import { signedIn } from "@/app/_server/session";
import { isSimulated } from "@/app/_server/simulated";
import type { Viewer } from "@/lib/access/viewer";
import { AppError } from "@/lib/errors/app-error";
import { newId } from "@/lib/ids/ids";
import { SIMULATED_HEADER } from "@/lib/http/simulated-header";
import { errorReply } from "@/lib/openai/error-face";
import { runtime } from "@/lib/runtime/runtime";

type Params = Record<string, string>;
/**
 * What is read: the whole account, which a key may be kept from; requests, of which every key sees its own; or what is stored about the
 * person, which whoever is signed in may have in whatever state the account is.
 */
type Scope = "account" | "requests" | "person";
type Asked<P extends Params> = {
  viewer: Viewer;
  query: URLSearchParams;
  params: P;
  /** The only key whose requests may be shown; null: those of every key of the account. */
  onlyKeyId: string | null;
};

/** A read for machines: an API key or the browser's session, JSON out, OpenAI's error envelope when it fails. */
export function apiRead<P extends Params = Params>(scope: Scope, answer: (asked: Asked<P>) => Promise<object>) {
  return async (request: Request, context: { params: Promise<P> }): Promise<Response> => {
    const requestId = newId("req");
    try {
      const body = await answer(await askedOf(scope, request, context));
      return Response.json(body, { headers: { ...(await ownHeaders()), "x-request-id": requestId } });
    } catch (thrown) {
      return errorResponse(thrown, requestId);
    }
  };
}

type Download = { name: string; type: string; parts: AsyncGenerator<string> };

/** A file that is made while it is taken: the next part is only made when there is room for it, and none after the client has left. */
export function apiDownload<P extends Params = Params>(scope: Scope, answer: (asked: Asked<P>) => Promise<Download>) {
  return async (request: Request, context: { params: Promise<P> }): Promise<Response> => {
    const requestId = newId("req");
    try {
      const { name, type, parts } = await answer(await askedOf(scope, request, context));
      // What is wrong shows with the first part at the latest, as an answer and not as a file.
      const first = await parts.next();
      return new Response(streamOf(first, parts, requestId), {
        headers: {
          ...(await ownHeaders()),
          "x-request-id": requestId,
          "content-type": type,
          "content-disposition": `attachment; filename="${name}"`,
        },
      });
    } catch (thrown) {
      return errorResponse(thrown, requestId);
    }
  };
}

async function askedOf<P extends Params>(scope: Scope, request: Request, context: { params: Promise<P> }): Promise<Asked<P>> {
  const person = scope === "person" ? await signedIn() : null;
  const viewer = person?.viewer ?? (await apiViewer(request.headers));
  const { via } = viewer;
  const onlyKeyId = via.kind === "api_key" && !via.accountRead ? via.keyId : null;
  if (scope === "account" && onlyKeyId !== null) {
    throw new AppError(
      "forbidden",
      `This API key may not read the account, only its own requests and usage. The owner can allow it at ${runtime().config.publicUrl}/dashboard/keys; keys that a helper fetches never may.`,
    );
  }
  return { viewer, onlyKeyId, query: new URL(request.url).searchParams, params: await context.params };
}

function streamOf(first: IteratorResult<string>, parts: AsyncGenerator<string>, requestId: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: IteratorResult<string> | null = first;
  return new ReadableStream({
    async pull(controller) {
      try {
        const part = next ?? (await parts.next());
        next = null;
        if (part.done) controller.close();
        else controller.enqueue(encoder.encode(part.value));
      } catch (error) {
        runtime().log.error({ err: error, requestId }, "an export broke off");
        controller.error(error);
      }
    },
    cancel: async () => {
      await parts.return(undefined);
    },
  });
}

export async function ownHeaders(): Promise<Record<string, string>> {
  return { "cache-control": "no-store", ...((await isSimulated()) && { [SIMULATED_HEADER]: "1" }) };
}

export async function errorResponse(thrown: unknown, requestId: string): Promise<Response> {
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

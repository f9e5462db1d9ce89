import { callFromRequest, responseFromReply } from "@/lib/http/web-adapter";
import { gatewayRuntime } from "@/lib/runtime/gateway-runtime";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

/** Every path of the API over the same core that `web` mounts in front of Next: this is how `next dev` and `next start` serve it. */
async function serve(request: Request): Promise<Response> {
  const { gateway } = await gatewayRuntime();
  return responseFromReply(await gateway.handle(callFromRequest(request, { clientAddress: null })));
}

export { serve as GET, serve as POST, serve as PUT, serve as PATCH, serve as DELETE, serve as HEAD };

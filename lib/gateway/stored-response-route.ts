import { AppError } from "@/lib/errors/app-error";
import { mirrorCall, type RunningMirrors } from "@/lib/gateway/mirror";
import type { GatewayKey, GatewayOptions, GatewayPorts } from "@/lib/gateway/ports";
import type { RequestRecord } from "@/lib/gateway/request-record";
import type { Call, Reply } from "@/lib/http/call";

/**
 * `GET`, `DELETE` and `cancel` of a response that upstream stored: only on the lane that made it, only for its owner.
 * Somebody else's id and an id that never was answer the same.
 */
export async function storedResponseCall(input: {
  call: Call;
  key: GatewayKey;
  record: RequestRecord;
  ports: GatewayPorts;
  options: Pick<GatewayOptions, "publicUrl" | "streamDeadlineMs">;
  upstreamId: string;
  mirrors: RunningMirrors;
}): Promise<Reply> {
  const stored = await input.ports.findStoredResponse(input.key.userId, input.upstreamId);
  if (!stored) throw new AppError("not_found", "No stored response with this id.");
  return mirrorCall({ ...input, laneId: stored.laneId });
}

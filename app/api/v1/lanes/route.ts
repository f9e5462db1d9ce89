import { readLanes } from "@/app/_server/read-lanes";
import { apiRead } from "@/app/_server/responders";

/** In the owner's order, with the usage windows of the Codex lanes as OpenAI last reported them. */
export const GET = apiRead("account", async ({ viewer }) => readLanes(viewer, viewer.userId));

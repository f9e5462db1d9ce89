import { apiRead } from "@/app/_server/responders";
import { readSignIn } from "@/lib/codex/read-sign-in";
import { runtime } from "@/lib/runtime/runtime";

/** The newest sign-in of a Codex lane. Its code is for its owner's browser alone. */
export const GET = apiRead<{ laneId: string }>("account", async ({ viewer, params: { laneId } }) => ({
  signIn: await readSignIn(runtime().db.orm, viewer, { laneId }),
}));

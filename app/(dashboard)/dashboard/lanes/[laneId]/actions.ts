"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { callRunnerAct } from "@/app/_server/call-runner-act";
import { defineAction } from "@/app/_server/define-action";
import { ownCodexLane } from "@/app/_server/own-codex-lane";
import { startSignIn } from "@/app/_server/start-sign-in";
import { withTransaction } from "@/db/transaction";
import { cancelSignIn } from "@/lib/codex/cancel-sign-in";
import { runtime } from "@/lib/runtime/runtime";

export const startSignInAction = defineAction({
  role: "customer",
  input: z.object({ laneId: z.string() }),
  run: async ({ input: { laneId }, session, client }) => {
    const { userId } = session.viewer;
    const { account } = await ownCodexLane(session.viewer, laneId);
    try {
      await startSignIn({ accountId: account.id, userId, address: client.address });
    } finally {
      revalidatePath("/dashboard", "layout");
    }
    return {};
  },
});

export const cancelSignInAction = defineAction({
  role: "customer",
  input: z.object({ laneId: z.string(), signInId: z.string() }),
  run: async ({ input: { laneId, signInId }, session }) => {
    const { db, log } = runtime();
    const { userId } = session.viewer;
    const { account } = await ownCodexLane(session.viewer, laneId);
    await withTransaction(db.orm, (tx) => cancelSignIn(tx, { signInId, userId }));
    // Its row is ended: a runner that hears nothing of it finds that out before it believes any answer of OpenAI.
    await callRunnerAct(account.id, "cancel-sign-in", { userId, signInId }).catch((error: unknown) =>
      log.warn({ err: error, signInId }, "the runner was not told that a sign-in is cancelled"),
    );
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

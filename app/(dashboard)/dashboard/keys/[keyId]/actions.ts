"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { withTransaction } from "@/db/transaction";
import { setKeyLimits } from "@/lib/keys/set-key-limits";
import { runtime } from "@/lib/runtime/runtime";

/** A box that is not ticked is not sent. */
const box = z
  .literal("on")
  .optional()
  .transform((sent) => sent === "on");

export const setKeyOptionsAction = defineAction({
  role: "customer",
  input: z.object({
    keyId: z.string(),
    spillBusy: z.enum(["none", "own_key", "any"], "Choose one."),
    spillLostToWallet: box,
    spillCannotToWallet: box,
    parametersStrict: box,
  }),
  run: async ({ input: { keyId, ...limits }, session, client }) => {
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) => setKeyLimits(tx, { keyId, userId, limits, actor: actorOf(session, client) }));
    revalidatePath("/dashboard", "layout");
    return { message: "Saved. It holds for every request from now on." };
  },
});

/** One of these options by itself, for whoever is about to be refused. */
export const letWalletAnswerAction = defineAction({
  role: "customer",
  input: z.object({ keyId: z.string() }),
  run: async ({ input: { keyId }, session, client }) => {
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) =>
      setKeyLimits(tx, { keyId, userId, limits: { spillCannotToWallet: true }, actor: actorOf(session, client) }),
    );
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
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
    redirect("/dashboard#keys");
  },
});

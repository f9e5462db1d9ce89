"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { withTransaction } from "@/db/transaction";
import { revokeHelper } from "@/lib/keys/revoke-helper";
import { runtime } from "@/lib/runtime/runtime";

export const revokeHelperAction = defineAction({
  role: "customer",
  input: z.object({ helperId: z.string() }),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    await withTransaction(db.orm, (tx) => revokeHelper(tx, { helperId: input.helperId, userId, actor: actorOf(session, client), clock }));
    revalidatePath("/dashboard/keys", "layout");
    return {};
  },
});

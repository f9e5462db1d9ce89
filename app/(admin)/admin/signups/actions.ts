"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { withTransaction } from "@/db/transaction";
import { runtime } from "@/lib/runtime/runtime";
import { reviewSignUp } from "@/lib/users/review-sign-up";

const NOTE_MAX = 500;

export const reviewSignUpAction = defineAction({
  role: "admin",
  input: z.object({
    userId: z.string(),
    decision: z.enum(["approve", "refuse"]),
    note: z.string("Say why.").trim().min(1, "Say why: it stands in the audit log.").max(NOTE_MAX, `Use ${NOTE_MAX} characters or fewer.`),
  }),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    await withTransaction(db.orm, (tx) => reviewSignUp(tx, { ...input, actor: actorOf(session, client), now: clock.now() }));
    revalidatePath("/admin/signups");
    return {};
  },
});

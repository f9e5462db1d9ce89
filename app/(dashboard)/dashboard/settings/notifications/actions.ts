"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { defineAction } from "@/app/_server/define-action";
import { withTransaction } from "@/db/transaction";
import { setOptOuts } from "@/lib/mail/opt-outs";
import { OPTIONAL_MAILS } from "@/lib/mail/optional-mails";
import { runtime } from "@/lib/runtime/runtime";

/** A switch that is off is not sent. */
export const setMailChoiceAction = defineAction({
  role: "customer",
  input: z.record(z.string(), z.string()),
  run: async ({ input, session }) => {
    const kinds = OPTIONAL_MAILS.filter((kind) => input[kind] !== "on");
    // The switch of admins is not on a customer's form.
    const chosen = session.viewer.role === "admin" ? kinds : kinds.filter((kind) => kind !== "sign_up_waits");
    await withTransaction(runtime().db.orm, (tx) => setOptOuts(tx, { userId: session.viewer.userId, kinds: chosen }));
    revalidatePath("/dashboard/settings/notifications");
    return {};
  },
});

"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { defineAction } from "@/app/_server/define-action";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { withTransaction } from "@/db/transaction";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { confirmEmailChange } from "@/lib/users/confirm-email-change";

export const confirmEmailChangeAction = defineAction({
  role: "stranger",
  input: z.object({ secret: z.string() }),
  run: async ({ input: { secret }, client: { address } }) => {
    const { db, clock } = runtime();
    const retryAfterS = await actLimiter().count("link", { address, subject: "" });
    if (retryAfterS !== null) throw tooManyTries(retryAfterS);
    const result = await withTransaction(db.orm, (tx) => confirmEmailChange(tx, { secret, now: clock.now(), address }));
    switch (result.kind) {
      case "dead_link":
        throw new AppError("not_found", "This link does not work any more: it was used, is too old, or a newer one was sent.");
      case "address_taken":
        throw new AppError("conflict", "Another account has this address by now. Yours stays as it was.");
      case "changed":
        redirect("/change-email/done");
    }
  },
});

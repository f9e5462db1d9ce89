"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { defineAction } from "@/app/_server/define-action";
import { homePath } from "@/app/_server/home-path";
import { signedIn } from "@/app/_server/session";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { withTransaction } from "@/db/transaction";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { verifyEmail } from "@/lib/users/verify-email";

export const verifyEmailAction = defineAction({
  role: "stranger",
  input: z.object({ secret: z.string() }),
  run: async ({ input: { secret }, client: { address } }) => {
    const { config, db, clock } = runtime();
    const retryAfterS = await actLimiter().count("link", { address, subject: "" });
    if (retryAfterS !== null) throw tooManyTries(retryAfterS);
    const session = await signedIn();
    const result = await withTransaction(db.orm, (tx) => verifyEmail(tx, { secret, now: clock.now(), signUp: config.signUp, address }));
    switch (result.kind) {
      case "dead_link":
        throw new AppError(
          "not_found",
          "This link does not work any more: it was used, is too old, or a newer one was sent. Sign in to get a new one.",
        );
      case "address_taken":
        throw new AppError("conflict", "Another account has this address by now. Sign in to that one, or set a new password for it.");
      case "verified":
        redirect(session?.viewer.userId === result.userId ? homePath({ ...session, status: result.status }) : "/sign-in?notice=confirmed");
    }
  },
});

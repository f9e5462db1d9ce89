"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { defineAction } from "@/app/_server/define-action";
import { PASSWORD_SECRETS, passwordInput } from "@/app/_server/password-input";
import { requirePassword } from "@/app/_server/require-password";
import { FieldError } from "@/app/_server/run-action";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { withTransaction } from "@/db/transaction";
import { runtime } from "@/lib/runtime/runtime";
import { emailInput } from "@/lib/users/email-input";
import { requestEmailChange } from "@/lib/users/request-email-change";
import { setTimeZone } from "@/lib/users/set-time-zone";

export const changeEmailAction = defineAction({
  role: "customer",
  input: z.object({ newEmail: emailInput, ...passwordInput }),
  secrets: PASSWORD_SECRETS,
  run: async ({ input: { newEmail, ...password }, session, client }) => {
    await requirePassword(session, password);
    const { db, clock, sealer } = runtime();
    const parts = { orm: db.orm, clock, sealer, limiter: actLimiter() };
    const result = await requestEmailChange(parts, { userId: session.viewer.userId, newEmail, address: client.address });
    switch (result.kind) {
      case "same":
        throw new FieldError("newEmail", "This is the address that you have.");
      case "too_many_tries":
        throw tooManyTries(result.retryAfterS);
      case "mailed":
        revalidatePath("/dashboard/settings");
        return { newEmail };
    }
  },
});

export const setTimeZoneAction = defineAction({
  role: "customer",
  input: z.object({ timeZone: z.string("Choose one.") }),
  run: async ({ input: { timeZone }, session }) => {
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) => setTimeZone(tx, { userId, timeZone: timeZone === "" ? null : timeZone }));
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

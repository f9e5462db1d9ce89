"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { defineAction } from "@/app/_server/define-action";
import { FieldError } from "@/app/_server/run-action";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { withTransaction } from "@/db/transaction";
import { hashPassword } from "@/lib/crypto/password";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { emailInput } from "@/lib/users/email-input";
import { findUserById } from "@/lib/users/find-user";
import { readLink } from "@/lib/users/mail-links";
import { passwordFault } from "@/lib/users/password-rules";
import { requestPasswordReset } from "@/lib/users/request-password-reset";
import { resetPassword } from "@/lib/users/reset-password";

export const requestResetAction = defineAction({
  role: "stranger",
  input: z.object({ email: emailInput }),
  run: async ({ input: { email }, client: { address } }) => {
    const { db, clock, sealer } = runtime();
    const result = await requestPasswordReset({ orm: db.orm, clock, sealer, limiter: actLimiter() }, { email, address });
    if (result.kind === "too_many_tries") throw tooManyTries(result.retryAfterS);
    return { email };
  },
});

export const resetPasswordAction = defineAction({
  role: "stranger",
  input: z
    .object({ secret: z.string(), newPassword: z.string("Choose a password."), repeated: z.string("Type it once more.") })
    .refine((form) => form.newPassword === form.repeated, { path: ["repeated"], error: "This is not the same as above." }),
  secrets: ["newPassword", "repeated"],
  run: async ({ input: { secret, newPassword }, client: { address } }) => {
    const { config, db, clock } = runtime();
    const retryAfterS = await actLimiter().count("link", { address, subject: "" });
    if (retryAfterS !== null) throw tooManyTries(retryAfterS);
    const now = clock.now();
    const link = await readLink(db.orm, { kind: "reset_password", secret, now });
    const user = link && (await findUserById(db.orm, link.userId));
    if (!user) throw deadLink();
    const fault = await passwordFault(newPassword, { username: user.username, email: user.email, brandName: config.brandName });
    if (fault !== null) throw new FieldError("newPassword", fault);
    const passwordHash = await hashPassword(newPassword);
    const result = await withTransaction(db.orm, (tx) => resetPassword(tx, { secret, passwordHash, now, address }));
    if (result.kind === "dead_link") throw deadLink();
    // Whoever used up the codes knew the old password: they come no further.
    await actLimiter().clear("code", { address, subject: result.userId });
    redirect("/sign-in?notice=password");
  },
});

function deadLink(): AppError {
  return new AppError("not_found", "This link does not work any more: it was used or is too old. Ask for a new one.");
}

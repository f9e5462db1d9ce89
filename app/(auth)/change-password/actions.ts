"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { defineAction } from "@/app/_server/define-action";
import { FieldError } from "@/app/_server/run-action";
import { endSession } from "@/app/_server/session";
import { homePath } from "@/app/_server/home-path";
import { PASSWORD_SECRETS, passwordInput } from "@/app/_server/password-input";
import { refusedPassword } from "@/app/_server/require-password";
import { withTransaction } from "@/db/transaction";
import { AppError } from "@/lib/errors/app-error";
import { ownPath } from "@/lib/http/own-path";
import { runtime } from "@/lib/runtime/runtime";
import { changePassword } from "@/lib/users/change-password";
import { findUserById } from "@/lib/users/find-user";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, passwordFault } from "@/lib/users/password-rules";
import { revokeAllSessions } from "@/lib/users/sessions";

export const changePasswordAction = defineAction({
  role: "newcomer",
  input: z
    .object({
      ...passwordInput,
      // Not asked from whoever came in with a one-time password.
      password: z.string().max(PASSWORD_LENGTH_MAX, "This is not your password.").default(""),
      newPassword: z
        .string("Choose a password.")
        .min(PASSWORD_LENGTH_MIN, `Use ${PASSWORD_LENGTH_MIN} characters or more.`)
        .max(PASSWORD_LENGTH_MAX, `Use ${PASSWORD_LENGTH_MAX} characters or fewer.`),
      repeated: z.string("Type it once more."),
      to: z.string().optional(),
    })
    .refine((form) => form.newPassword === form.repeated, { path: ["repeated"], error: "This is not the same as above." }),
  secrets: [...PASSWORD_SECRETS, "newPassword", "repeated"],
  run: async ({ input, session, client }) => {
    const { password, code = null, newPassword } = input;
    const { config, db, clock, sealer } = runtime();
    const user = await findUserById(db.orm, session.viewer.userId);
    const owner = { username: session.viewer.username, email: user?.email ?? null, brandName: config.brandName };
    const fault = await passwordFault(newPassword, owner);
    if (fault !== null && newPassword.toLowerCase() !== owner.username.toLowerCase()) throw new FieldError("newPassword", fault);
    const result = await changePassword(
      { orm: db.orm, clock, sealer, limiter: actLimiter() },
      { signedIn: session, currentPassword: password, code, newPassword, address: client.address },
    );
    switch (result.kind) {
      case "wrong_password":
      case "code_missing":
      case "wrong_code":
      case "too_many_tries":
        throw refusedPassword(result);
      case "same_as_username":
        throw new FieldError("newPassword", "The password must differ from the username.");
      case "same_as_current":
        throw new FieldError("newPassword", "Choose another password than the one that you have.");
      case "same_as_one_time":
        throw new FieldError("newPassword", "Choose another password than the one-time one.");
      case "overtaken":
        throw new AppError("conflict", "The password was changed elsewhere meanwhile. Sign out and sign in with that one.");
      case "changed":
        redirect(ownPath(input.to) ?? homePath({ ...session, mustChangePassword: false }));
    }
  },
});

export const signOutEverywhereAction = defineAction({
  role: "customer",
  input: z.object({}),
  run: async ({ session }) => {
    const { db, clock } = runtime();
    await withTransaction(db.orm, (tx) => revokeAllSessions(tx, { userId: session.viewer.userId, now: clock.now() }));
    await endSession();
    redirect("/sign-in");
  },
});

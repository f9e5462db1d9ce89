"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { defineAction } from "@/app/_server/define-action";
import { FieldError } from "@/app/_server/run-action";
import { endSession } from "@/app/_server/session";
import { withTransaction } from "@/db/transaction";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { changePassword, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from "@/lib/users/change-password";
import { revokeAllSessions } from "@/lib/users/sessions";

export const changePasswordAction = defineAction({
  role: "newcomer",
  input: z
    .object({
      currentPassword: z.string().max(PASSWORD_LENGTH_MAX).default(""),
      newPassword: z
        .string("Choose a password.")
        .min(PASSWORD_LENGTH_MIN, `Use ${PASSWORD_LENGTH_MIN} characters or more.`)
        .max(PASSWORD_LENGTH_MAX, `Use ${PASSWORD_LENGTH_MAX} characters or fewer.`),
      repeated: z.string("Type it once more."),
    })
    .refine((form) => form.newPassword === form.repeated, { path: ["repeated"], error: "This is not the same as above." }),
  secrets: ["currentPassword", "newPassword", "repeated"],
  run: async ({ input, session, client }) => {
    const { currentPassword, newPassword } = input;
    const result = await changePassword(runtime().db.orm, { signedIn: session, currentPassword, newPassword, address: client.address });
    switch (result.kind) {
      case "wrong_current":
        throw new FieldError("currentPassword", "This is not your current password.");
      case "same_as_username":
        throw new FieldError("newPassword", "The password must differ from the username.");
      case "same_as_current":
        throw new FieldError("newPassword", "This is the password that you have.");
      case "same_as_one_time":
        throw new FieldError("newPassword", "Choose another password than the one-time one.");
      case "overtaken":
        throw new AppError("conflict", "The password was changed elsewhere meanwhile. Sign out and sign in with that one.");
      case "changed":
        redirect("/");
    }
  },
});

export const signOutEverywhereAction = defineAction({
  role: "customer",
  input: z.object({}),
  run: async ({ session }) => {
    await withTransaction(runtime().db.orm, (tx) => revokeAllSessions(tx, session.viewer.userId));
    await endSession();
    redirect("/sign-in");
  },
});

"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { defineAction } from "@/app/_server/define-action";
import { FieldError } from "@/app/_server/run-action";
import { setSessionCookie } from "@/app/_server/session";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { emailInput } from "@/lib/users/email-input";
import { passwordFault } from "@/lib/users/password-rules";
import { signUp } from "@/lib/users/sign-up";

const NOTE_MAX = 1_000;

export const signUpAction = defineAction({
  role: "stranger",
  input: z.object({
    email: emailInput,
    username: z.string("Choose a username.").trim().min(1, "Choose a username."),
    password: z.string("Choose a password.").min(1, "Choose a password."),
    note: z.string().trim().max(NOTE_MAX, `Use ${NOTE_MAX} characters or fewer.`).default(""),
    terms: z.literal("on", "Agree to the terms to go on."),
  }),
  secrets: ["password"],
  run: async ({ input, client }) => {
    const { config, db, clock, sealer } = runtime();
    if (config.signUp === "closed") throw new AppError("forbidden", "Sign-up is closed. Ask the operator for an account.");
    const { email, username, password, note } = input;
    const fault = await passwordFault(password, { username, email, brandName: config.brandName });
    if (fault !== null) throw new FieldError("password", fault);
    const result = await signUp(
      { orm: db.orm, clock, sealer, limiter: actLimiter() },
      { username, email, password, note: config.signUp === "review" && note !== "" ? note : null, ...client },
    );
    switch (result.kind) {
      case "username_taken":
        throw new FieldError("username", "This username is taken. Choose another one.");
      case "too_many_tries":
        throw tooManyTries(result.retryAfterS);
      case "signed_up":
        await setSessionCookie(result.session);
        redirect("/welcome");
    }
  },
});

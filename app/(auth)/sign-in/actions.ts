"use server";

import { redirect } from "next/navigation";
import { defineAction } from "@/app/_server/define-action";
import { setSessionCookie } from "@/app/_server/session";
import { signInLimiter } from "@/app/_server/sign-in-limiter";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { signIn } from "@/lib/users/sign-in";
import { signInInput } from "@/lib/users/sign-in-input";

export const signInAction = defineAction({
  role: "stranger",
  input: signInInput,
  secrets: ["password"],
  run: async ({ input, client }) => {
    const { db, clock } = runtime();
    const result = await signIn(
      { orm: db.orm, clock, limiter: signInLimiter() },
      { name: input.username, password: input.password, ...client },
    );
    switch (result.kind) {
      case "refused":
        throw new AppError("key_invalid", "That name and password do not go together.");
      case "suspended":
        throw new AppError("paused", "This account is suspended.");
      case "too_many_tries":
        throw new AppError("rate_limited", `Too many tries. Wait ${Math.ceil(result.retryAfterS / 60)} minutes, then try again.`);
      case "signed_in":
        await setSessionCookie(result.session);
        redirect("/");
    }
  },
});

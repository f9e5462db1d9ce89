"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { defineAction } from "@/app/_server/define-action";
import { enterSession } from "@/app/_server/enter-session";
import { FieldError } from "@/app/_server/run-action";
import { clearSecondStepCookie, readSecondStepCookie, setSecondStepCookie } from "@/app/_server/second-step-cookie";
import { signInLimiter } from "@/app/_server/sign-in-limiter";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { AppError } from "@/lib/errors/app-error";
import { ownPath, withReturnPath } from "@/lib/http/own-path";
import { runtime } from "@/lib/runtime/runtime";
import { finishSignIn } from "@/lib/users/finish-sign-in";
import { signIn } from "@/lib/users/sign-in";
import { signInInput } from "@/lib/users/sign-in-input";

/** Where the person wanted to go. */
const to = z.string().optional();

export const signInAction = defineAction({
  role: "stranger",
  input: signInInput.extend({ to }),
  secrets: ["password"],
  run: async ({ input, client }): Promise<object> => {
    const { config, db, clock } = runtime();
    const result = await signIn(
      { orm: db.orm, clock, limiter: signInLimiter(), ticketSecret: config.nextauthSecret },
      { name: input.username, password: input.password, ...client },
    );
    switch (result.kind) {
      case "refused":
        throw new AppError("key_invalid", "That name and password do not go together.");
      case "too_many_tries":
        throw tooManyTries(result.retryAfterS);
      case "second_step":
        await setSecondStepCookie(result.ticket);
        redirect(withReturnPath("/sign-in/code", ownPath(input.to)));
      case "signed_in":
        return enterSession(result.session, input.to);
    }
  },
});

export const finishSignInAction = defineAction({
  role: "stranger",
  input: z.object({ code: z.string("Give the code.").trim().min(1, "Give the code.").max(100, "That is too long for a code."), to }),
  secrets: ["code"],
  run: async ({ input, client }): Promise<object> => {
    const { config, db, clock, sealer } = runtime();
    const parts = { orm: db.orm, clock, sealer, limiter: actLimiter(), ticketSecret: config.nextauthSecret };
    const result = await finishSignIn(parts, { ticket: (await readSecondStepCookie()) ?? "", code: input.code, ...client });
    switch (result.kind) {
      case "expired":
        redirect("/sign-in?notice=expired");
      case "wrong_code":
        throw new FieldError("code", "This code is not right, or was used before. Wait for the next one.");
      case "too_many_tries":
        throw tooManyTries(result.retryAfterS);
      case "signed_in":
        await clearSecondStepCookie();
        return enterSession(result.session, input.to);
    }
  },
});

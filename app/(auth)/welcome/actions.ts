"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { defineAction } from "@/app/_server/define-action";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { runtime } from "@/lib/runtime/runtime";
import { emailInput } from "@/lib/users/email-input";
import { resendVerification } from "@/lib/users/resend-verification";

type Resend = { userId: string; otherEmail: string | null; address: string | null };

export const resendAction = defineAction({
  role: "outsider",
  input: z.object({}),
  run: ({ session, client }) => resend({ userId: session.viewer.userId, otherEmail: null, address: client.address }),
});

export const correctEmailAction = defineAction({
  role: "outsider",
  input: z.object({ email: emailInput }),
  run: ({ input, session, client }) => resend({ userId: session.viewer.userId, otherEmail: input.email, address: client.address }),
});

async function resend(input: Resend): Promise<{ message: string }> {
  const { db, clock, sealer } = runtime();
  const result = await resendVerification({ orm: db.orm, clock, sealer, limiter: actLimiter() }, input);
  switch (result.kind) {
    case "not_waiting":
      redirect("/");
    case "too_many_tries":
      throw tooManyTries(result.retryAfterS);
    case "sent":
      revalidatePath("/welcome");
      return { message: `A new link is on its way to ${result.email}. Links that were sent before do not work any more.` };
  }
}

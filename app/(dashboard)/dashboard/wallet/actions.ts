"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { defineAction } from "@/app/_server/define-action";
import { FieldError } from "@/app/_server/run-action";
import { withTransaction } from "@/db/transaction";
import { AppError } from "@/lib/errors/app-error";
import { type MicroUsd, parseUsd } from "@/lib/money/micro-usd";
import { runtime } from "@/lib/runtime/runtime";
import { addBalanceAlert, removeBalanceAlert } from "@/lib/wallet/balance-alerts";

const threshold = z.object({ threshold: z.string().trim().min(1, "Write an amount of US dollars, such as 5.") });

export const addThresholdAction = defineAction({
  role: "customer",
  input: threshold,
  run: async ({ input, session }) => {
    const { db, clock } = runtime();
    const amount = amountOf(input.threshold);
    await withTransaction(db.orm, (tx) => addBalanceAlert(tx, { userId: session.viewer.userId, threshold: amount, now: clock.now() }));
    // The shell's notice is in the layout.
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

export const removeThresholdAction = defineAction({
  role: "customer",
  input: threshold,
  run: async ({ input, session }) => {
    const amount = amountOf(input.threshold);
    await withTransaction(runtime().db.orm, (tx) => removeBalanceAlert(tx, { userId: session.viewer.userId, threshold: amount }));
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

/** Also as people write it: `$5`, `1,000`. */
function amountOf(text: string): MicroUsd {
  try {
    return parseUsd(text.replace(/^\$\s*/, "").replaceAll(",", ""));
  } catch (error) {
    if (error instanceof AppError) throw new FieldError("threshold", "Write an amount of US dollars, such as 5 or 12.50.");
    throw error;
  }
}

"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { defineAction } from "@/app/_server/define-action";
import { FieldError } from "@/app/_server/run-action";
import { withTransaction } from "@/db/transaction";
import type { MicroUsd } from "@/lib/money/micro-usd";
import { readTypedUsd } from "@/lib/money/typed-usd";
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

function amountOf(text: string): MicroUsd {
  const amount = readTypedUsd(text);
  if (amount === null) throw new FieldError("threshold", "Write an amount of US dollars, such as 5 or 12.50.");
  return amount;
}

"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { keyLimitFields, limitsFromForm, withLaneBoxes } from "@/app/_server/key-limits-input";
import { lowBudgetsOf } from "@/app/_server/low-budgets-of";
import { withTransaction } from "@/db/transaction";
import { KEY_NAME_LENGTH_MAX } from "@/lib/keys/check-key-name";
import { issueKey } from "@/lib/keys/issue-key";
import { NO_LIMITS } from "@/lib/keys/key-limits";
import { runtime } from "@/lib/runtime/runtime";

/** The only answer that holds the secret. */
export const issueKeyAction = defineAction({
  role: "customer",
  input: withLaneBoxes(
    z
      .object({
        name: z
          .string("Name the key.")
          .trim()
          .min(1, "Name the key, for example after the machine.")
          .max(KEY_NAME_LENGTH_MAX, `Use ${KEY_NAME_LENGTH_MAX} characters or fewer.`),
        ...keyLimitFields,
      })
      .catchall(z.string()),
  ),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    const limits = limitsFromForm(input, clock.now());
    const { lowBudgets } = await lowBudgetsOf({ ...NO_LIMITS, ...limits });
    const key = await withTransaction(db.orm, (tx) =>
      issueKey(tx, { userId, name: input.name, limits, actor: actorOf(session, client), clock }),
    );
    revalidatePath("/dashboard/keys");
    return { keyId: key.id, name: input.name, secret: key.secret, lowBudgets };
  },
});

"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { defineAction } from "@/app/_server/define-action";
import { setupLinesOf } from "@/app/_server/setup-lines-of";
import { withTransaction } from "@/db/transaction";
import { issueKey } from "@/lib/keys/issue-key";
import { revokeKey } from "@/lib/keys/revoke-key";
import { runtime } from "@/lib/runtime/runtime";

const KEY_NAME_MAX = 80;

/** The only answer that holds the secret: it stands on the screen, alone and in the lines, once. */
export const issueKeyAction = defineAction({
  role: "customer",
  input: z.object({
    name: z
      .string("Name the key.")
      .trim()
      .min(1, "Name the key, for example after the machine.")
      .max(KEY_NAME_MAX, `Use ${KEY_NAME_MAX} characters or fewer.`),
  }),
  run: async ({ input, session, client }) => {
    const { config, db, clock } = runtime();
    const { userId } = session.viewer;
    const actor = { kind: "user", userId, address: client.address ?? undefined } as const;
    const key = await withTransaction(db.orm, (tx) => issueKey(tx, { userId, name: input.name, actor, clock }));
    revalidatePath("/dashboard");
    return { secret: key.secret, lines: setupLinesOf(config, key.secret) };
  },
});

export const revokeKeyAction = defineAction({
  role: "customer",
  input: z.object({ keyId: z.string() }),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    const actor = { kind: "user", userId, address: client.address ?? undefined } as const;
    await withTransaction(db.orm, (tx) => revokeKey(tx, { keyId: input.keyId, userId, actor, clock }));
    revalidatePath("/dashboard");
    return {};
  },
});

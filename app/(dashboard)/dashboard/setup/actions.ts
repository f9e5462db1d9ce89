"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { laneIdsFromForm, withLaneBoxes } from "@/app/_server/key-limits-input";
import { FieldError } from "@/app/_server/run-action";
import { codexCliGapOfNew } from "@/components/lanes/codex-cli-gaps";
import { withTransaction } from "@/db/transaction";
import { KEY_NAME_LENGTH_MAX } from "@/lib/keys/check-key-name";
import { issueHelper } from "@/lib/keys/issue-helper";
import { issueKey } from "@/lib/keys/issue-key";
import { listLanes } from "@/lib/lanes/read";
import { runtime } from "@/lib/runtime/runtime";

const name = z
  .string("Give a name.")
  .trim()
  .min(1, "Give a name, for example that of the machine.")
  .max(KEY_NAME_LENGTH_MAX, `Use ${KEY_NAME_LENGTH_MAX} characters or fewer.`);

/** The only answer that holds the secret. */
export const mintKeyAction = defineAction({
  role: "customer",
  input: withLaneBoxes(
    z
      .object({
        name,
        lanes: z.enum(["all", "some"], "Choose one."),
        // Asked for only where it matters.
        spillCannot: z.enum(["wallet", "none"], "Choose one.").optional(),
      })
      .catchall(z.string()),
  ),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    const laneIds = laneIdsFromForm(input);
    const gap = codexCliGapOfNew(laneIds, await listLanes(db.orm, session.viewer, { userId }));
    if (gap?.walletCould && input.spillCannot === undefined) throw new FieldError("spillCannot", "Choose who answers the Codex CLI.");
    // Codex reads nothing of the account, and the machine may be anybody's.
    const limits = { laneIds, spillCannotToWallet: input.spillCannot === "wallet", accountRead: false };
    const key = await withTransaction(db.orm, (tx) =>
      issueKey(tx, { userId, name: input.name, limits, actor: actorOf(session, client), clock }),
    );
    revalidatePath("/dashboard/setup");
    return { keyId: key.id, secret: key.secret };
  },
});

/** The only answer that holds the helper's secret. */
export const mintHelperAction = defineAction({
  role: "customer",
  input: z.object({ name, keyId: z.string("Choose a key.").min(1, "Choose a key.") }),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    const helper = await withTransaction(db.orm, (tx) => issueHelper(tx, { ...input, userId, actor: actorOf(session, client), clock }));
    return { keyId: helper.keyId, secret: helper.secret };
  },
});

"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { startSignIn } from "@/app/_server/start-sign-in";
import { withTransaction } from "@/db/transaction";
import { connectAccount } from "@/lib/codex/connect-account";
import { CONSENT } from "@/lib/codex/consent-text";
import { runtime } from "@/lib/runtime/runtime";

const LABEL_MAX = 60;
const agreed = (words: string) => z.literal("on", words);

/** The statements were made to the text of this version: an older form that is still open is shown the new one. */
export const connectAccountAction = defineAction({
  role: "customer",
  input: z.object({
    label: z
      .string("Name the account.")
      .trim()
      .min(1, "Name the account, for example “My ChatGPT”.")
      .max(LABEL_MAX, `Use ${LABEL_MAX} characters or fewer.`),
    textVersion: z.literal(CONSENT.version, "The words have changed. Read them once more."),
    own_account: agreed("Only your own account can be connected."),
    own_plan: agreed("Only a plan that you pay for yourself can be connected."),
    own_workloads: agreed("Only your own work may run on it."),
  }),
  run: async ({ input: { label, textVersion }, session, client }) => {
    const { userId } = session.viewer;
    const { address } = client;
    const actor = actorOf(session, client);
    const { accountId, laneId } = await withTransaction(runtime().db.orm, (tx) =>
      connectAccount(tx, { userId, label, textVersion, address, actor }),
    );
    // Whatever becomes of it stands on the lane's page, with a button to try again: what was typed is the lane by now.
    await startSignIn({ accountId, userId, address }).catch(() => {});
    redirect(`/dashboard/lanes/${laneId}`);
  },
});

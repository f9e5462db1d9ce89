"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { trialLimiter } from "@/app/_server/trial-limiter";
import { withTransaction } from "@/db/transaction";
import { addApiKeyLane } from "@/lib/lanes/add-api-key-lane";
import { tryApiKey } from "@/lib/lanes/try-api-key";
import { simulatedUpstreams } from "@/lib/providers/simulated-upstreams";
import { runtime } from "@/lib/runtime/runtime";

export const addApiKeyLaneAction = defineAction({
  role: "customer",
  input: z.object({
    label: z.string("Name the lane.").trim().min(1, "Name the lane, for example “My OpenAI key”."),
    baseUrl: z.string("Write the address.").trim().min(1, "Write the address, like https://api.openai.com/v1."),
    secret: z.string("Paste the key.").trim().min(1, "Paste the key."),
  }),
  secrets: ["secret"],
  run: async ({ input, session, client }) => {
    const { config, db, sealer } = runtime();
    const { userId } = session.viewer;
    const allow = [...config.upstreamAllow, ...(await simulatedUpstreams(db.orm))];
    await trialLimiter().count(userId);
    await tryApiKey(db.orm, { ...input, allow });
    await withTransaction(db.orm, (tx) => addApiKeyLane(tx, { ...input, userId, allow, sealer, actor: actorOf(session, client) }));
    redirect("/dashboard/lanes");
  },
});

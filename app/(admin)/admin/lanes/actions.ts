"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { withTransaction } from "@/db/transaction";
import { setCanary } from "@/lib/codex/set-canary";
import { runtime } from "@/lib/runtime/runtime";
import { setCodexLanes } from "@/lib/settings/codex-switch";

const NOTE_MAX = 500;

export const setCodexLanesAction = defineAction({
  role: "admin",
  input: z.object({
    to: z.enum(["on", "off"]),
    note: z.string("Say why.").trim().min(1, "Say why: it stands in the audit log.").max(NOTE_MAX, `Use ${NOTE_MAX} characters or fewer.`),
  }),
  run: async ({ input: { to, note }, session, client }) => {
    const actor = actorOf(session, client);
    await withTransaction(runtime().db.orm, (tx) => setCodexLanes(tx, { enabled: to === "on", actor, note }));
    revalidatePath("/admin/lanes");
    return { message: to === "on" ? "Codex lanes are on again." : "Codex lanes are off." };
  },
});

/** The empty version: the same as everybody. */
export const setCanaryAction = defineAction({
  role: "admin",
  input: z.object({ accountId: z.string(), version: z.string().trim().default("") }),
  run: async ({ input: { accountId, version }, session, client }) => {
    const actor = actorOf(session, client);
    await withTransaction(runtime().db.orm, (tx) => setCanary(tx, { accountId, version: version || null, actor }));
    revalidatePath("/admin/lanes");
    return { message: version ? `It starts with ${version} the next time.` : "It runs what everybody runs." };
  },
});

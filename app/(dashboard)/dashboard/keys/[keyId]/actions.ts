"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { keyLimitFields, limitsFromForm, withLaneBoxes } from "@/app/_server/key-limits-input";
import { FieldError } from "@/app/_server/run-action";
import { withTransaction } from "@/db/transaction";
import { lockKey } from "@/lib/keys/lock-key";
import { revokeKey } from "@/lib/keys/revoke-key";
import { rotateKey } from "@/lib/keys/rotate-key";
import { setKeyLimits } from "@/lib/keys/set-key-limits";
import { runtime } from "@/lib/runtime/runtime";

const HOUR_MS = 3_600_000;

/** A box that is not ticked is not sent. */
const box = z
  .literal("on")
  .optional()
  .transform((sent) => sent === "on");

export const setKeyOptionsAction = defineAction({
  role: "customer",
  input: z.object({
    keyId: z.string(),
    spillBusy: z.enum(["none", "own_key", "any"], "Choose one."),
    spillLostToWallet: box,
    spillCannotToWallet: box,
    parametersStrict: box,
  }),
  run: async ({ input: { keyId, ...limits }, session, client }) => {
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) => setKeyLimits(tx, { keyId, userId, limits, actor: actorOf(session, client) }));
    revalidatePath("/dashboard/keys", "layout");
    return {};
  },
});

export const setKeyLimitsAction = defineAction({
  role: "customer",
  input: withLaneBoxes(z.object({ keyId: z.string(), ...keyLimitFields }).catchall(z.string())),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    const limits = limitsFromForm(input, clock.now());
    await withTransaction(db.orm, (tx) => setKeyLimits(tx, { keyId: input.keyId, userId, limits, actor: actorOf(session, client) }));
    revalidatePath("/dashboard/keys", "layout");
    return {};
  },
});

/** The only answer that holds the new secret. */
export const rotateKeyAction = defineAction({
  role: "customer",
  input: z.object({ keyId: z.string(), graceHours: z.enum(["0", "1", "24", "72", "168"], "Choose one.") }),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    const graceMs = Number(input.graceHours) * HOUR_MS;
    const key = await withTransaction(db.orm, (tx) =>
      rotateKey(tx, { keyId: input.keyId, userId, graceMs, actor: actorOf(session, client), clock }),
    );
    revalidatePath("/dashboard/keys", "layout");
    return { keyId: key.id, secret: key.secret };
  },
});

export const revokeKeyAction = defineAction({
  role: "customer",
  input: z.object({ keyId: z.string(), word: z.string().default("") }),
  run: async ({ input, session, client }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    await withTransaction(db.orm, async (tx) => {
      const key = await lockKey(tx, { keyId: input.keyId, userId });
      if (input.word.trim() !== key.name.trim()) throw new FieldError("word", `Type the key's name, ${key.name}, to revoke it.`);
      await revokeKey(tx, { keyId: key.id, userId, actor: actorOf(session, client), clock });
    });
    revalidatePath("/dashboard/keys", "layout");
    return {};
  },
});

/** One of these options by itself, for whoever is about to be refused. */
export const letWalletAnswerAction = defineAction({
  role: "customer",
  input: z.object({ keyId: z.string() }),
  run: async ({ input: { keyId }, session, client }) => {
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) =>
      setKeyLimits(tx, { keyId, userId, limits: { spillCannotToWallet: true }, actor: actorOf(session, client) }),
    );
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

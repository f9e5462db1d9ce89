"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { callRunnerAct } from "@/app/_server/call-runner-act";
import { defineAction } from "@/app/_server/define-action";
import { ownCodexLane } from "@/app/_server/own-codex-lane";
import { FieldError } from "@/app/_server/run-action";
import { withTransaction } from "@/db/transaction";
import type { Viewer } from "@/lib/access/viewer";
import { setTurnsMax, TURNS_MAX } from "@/lib/codex/set-turns-max";
import { moveLane } from "@/lib/lanes/move-lane";
import { readLane } from "@/lib/lanes/read";
import { removeLane } from "@/lib/lanes/remove-lane";
import { setLaneOrder } from "@/lib/lanes/set-lane-order";
import { setLaneState } from "@/lib/lanes/set-lane-state";
import { runtime } from "@/lib/runtime/runtime";

const LANES = "/dashboard/lanes";
const laneInput = z.object({ laneId: z.string() });

export const moveLaneAction = defineAction({
  role: "customer",
  input: laneInput.extend({ position: z.coerce.number() }),
  run: async ({ input, session, client }) => {
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) => moveLane(tx, { ...input, userId, actor: actorOf(session, client) }));
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

/** After dragging: every lane's id, from the top. */
export const setLaneOrderAction = defineAction({
  role: "customer",
  input: z.object({ order: z.string().transform((text) => text.split(" ")) }),
  run: async ({ input: { order }, session, client }) => {
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) => setLaneOrder(tx, { userId, order, actor: actorOf(session, client) }));
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

export const setLaneStateAction = defineAction({
  role: "customer",
  input: laneInput.extend({ to: z.enum(["ready", "paused"]) }),
  run: async ({ input: { laneId, to }, session, client }) => {
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) =>
      setLaneState(tx, { userId, laneId, to: { state: to }, actor: actorOf(session, client) }),
    );
    revalidatePath("/dashboard", "layout");
    return {};
  },
});

/** Asks OpenAI how full the windows are; a lane that turns out to be open is used again at once. */
export const checkNowAction = defineAction({
  role: "customer",
  input: laneInput,
  run: async ({ input: { laneId }, session }) => {
    await actOnOwn(session.viewer, laneId, "check-now");
    return { message: "Checked: this is what OpenAI says now." };
  },
});

export const restartContainerAction = defineAction({
  role: "customer",
  input: laneInput,
  run: async ({ input: { laneId }, session }) => {
    await actOnOwn(session.viewer, laneId, "restart");
    return { message: "The container is being restarted." };
  },
});

export const signOutOfChatgptAction = defineAction({
  role: "customer",
  input: laneInput,
  run: async ({ input: { laneId }, session }) => {
    await actOnOwn(session.viewer, laneId, "sign-out");
    return { message: "Signed out. The lane stays and answers nothing until you sign in again." };
  },
});

export const setTurnsMaxAction = defineAction({
  role: "customer",
  input: laneInput.extend({
    turnsMax: z.coerce.number().int("Use a whole number.").min(1, "Use 1 or more.").max(TURNS_MAX, `Use ${TURNS_MAX} or fewer.`),
  }),
  run: async ({ input: { laneId, turnsMax }, session, client }) => {
    const { userId } = session.viewer;
    const { account } = await ownCodexLane(session.viewer, laneId);
    await withTransaction(runtime().db.orm, (tx) =>
      setTurnsMax(tx, { accountId: account.id, userId, turnsMax, actor: actorOf(session, client) }),
    );
    revalidatePath("/dashboard", "layout");
    return { message: `Saved: ${turnsMax} at one time.` };
  },
});

/** Confirmed by typing the lane's label. */
export const removeLaneAction = defineAction({
  role: "customer",
  input: laneInput.extend({ label: z.string().default("") }),
  run: async ({ input, session, client }) => {
    const { db, log } = runtime();
    const { lane } = await readLane(db.orm, session.viewer, input);
    const { userId } = session.viewer;
    if (input.label.trim() !== lane.label) throw new FieldError("label", `Type ${lane.label} to remove this lane.`);
    const actor = actorOf(session, client);
    const { accountId } = await withTransaction(db.orm, (tx) => removeLane(tx, { userId, laneId: lane.id, actor }));
    // The row says `removing`: a runner that cannot be reached now finds it there, signs out and deletes the home later.
    if (accountId !== null) {
      await callRunnerAct(accountId, "remove", { userId }).catch((error: unknown) =>
        log.warn({ err: error, accountId }, "the removal is left to the runner's next look"),
      );
    }
    revalidatePath("/dashboard", "layout");
    redirect(LANES);
  },
});

async function actOnOwn(viewer: Viewer, laneId: string, act: "check-now" | "restart" | "sign-out"): Promise<void> {
  const { account } = await ownCodexLane(viewer, laneId);
  await callRunnerAct(account.id, act, { userId: viewer.userId });
  revalidatePath("/dashboard", "layout");
}

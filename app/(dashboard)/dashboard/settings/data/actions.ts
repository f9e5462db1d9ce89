"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import { actorOf } from "@/app/_server/actor-of";
import { callRunnerAct } from "@/app/_server/call-runner-act";
import { defineAction } from "@/app/_server/define-action";
import { PASSWORD_SECRETS, passwordInput } from "@/app/_server/password-input";
import { requirePassword } from "@/app/_server/require-password";
import { FieldError } from "@/app/_server/run-action";
import { endSession } from "@/app/_server/session";
import { withTransaction } from "@/db/transaction";
import { recordAudit } from "@/lib/audit/record-audit";
import { runtime } from "@/lib/runtime/runtime";
import { deleteUser } from "@/lib/users/delete-user";
import { EXPORT_GRANT_S, issueExportGrant } from "@/lib/users/export-grant";

/*
 * Both also for who waits to be let in, was refused or is suspended: what is stored about somebody is theirs in every state of the account.
 */

/** Answers with a link that is good for a few minutes in this session. */
export const startExportAction = defineAction({
  role: "outsider",
  input: z.object(passwordInput),
  secrets: PASSWORD_SECRETS,
  run: async ({ input, session, client }) => {
    await requirePassword(session, input);
    const { config, db, clock } = runtime();
    const { userId } = session.viewer;
    await withTransaction(db.orm, (tx) => recordAudit(tx, { actor: actorOf(session, client), action: "user.export", subject: userId }));
    const grant = issueExportGrant(config.nextauthSecret, { userId, sessionId: session.sessionId }, clock.now());
    return { href: `/dashboard/settings/export?grant=${grant}`, minutes: EXPORT_GRANT_S / 60 };
  },
});

/** Confirmed by typing the username, and the password once more. */
export const deleteAccountAction = defineAction({
  role: "outsider",
  input: z.object({ username: z.string().default(""), ...passwordInput }),
  secrets: PASSWORD_SECRETS,
  run: async ({ input: { username, ...password }, session, client }) => {
    const { viewer } = session;
    if (username.trim() !== viewer.username) throw new FieldError("username", `Type ${viewer.username} to delete this account.`);
    await requirePassword(session, password);
    const { db, clock, log } = runtime();
    const { userId } = viewer;
    const deleted = await withTransaction(db.orm, (tx) => deleteUser(tx, { userId, actor: actorOf(session, client), now: clock.now() }));
    // A runner that does not hear it finds it in the database, as `background` finds the request log that is to be made anonymous.
    for (const accountId of deleted?.accountIds ?? []) {
      await callRunnerAct(accountId, "remove", { userId }).catch((error: unknown) =>
        log.warn({ err: error, userId }, "the removal is left to the runner's next look"),
      );
    }
    await endSession();
    redirect("/account-deleted");
  },
});

"use server";

import { revalidatePath } from "next/cache";
import { z } from "zod";
import { actLimiter } from "@/app/_server/act-limiter";
import { actorOf } from "@/app/_server/actor-of";
import { defineAction } from "@/app/_server/define-action";
import { PASSWORD_SECRETS, passwordInput } from "@/app/_server/password-input";
import { requirePassword } from "@/app/_server/require-password";
import { FieldError } from "@/app/_server/run-action";
import { tooManyTries } from "@/app/_server/too-many-tries";
import { withTransaction } from "@/db/transaction";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { confirmTotp } from "@/lib/users/confirm-totp";
import { disableTotp } from "@/lib/users/disable-totp";
import { newRecoveryCodes } from "@/lib/users/new-recovery-codes";
import { revokeOneSession, revokeOtherSessions } from "@/lib/users/revoke-sessions";
import { startTotp } from "@/lib/users/start-totp";

const SECURITY = "/dashboard/settings/security";

/** With the password: whoever finds an open session must not lock its owner out. */
export const startTotpAction = defineAction({
  role: "customer",
  input: z.object(passwordInput),
  secrets: PASSWORD_SECRETS,
  run: async ({ input, session }) => {
    await requirePassword(session, input);
    const { config, db, clock, sealer } = runtime();
    const { userId } = session.viewer;
    await withTransaction(db.orm, (tx) => startTotp(tx, { userId, sealer, brandName: config.brandName, now: clock.now() }));
    revalidatePath(SECURITY);
    return {};
  },
});

/** The only answer that holds the recovery codes. The page is read again around them; they stay where the form was. */
export const confirmTotpAction = defineAction({
  role: "customer",
  input: z.object({ totp: z.string("Give the code that the app shows.").trim().min(1, "Give the code that the app shows.").max(20) }),
  secrets: ["totp"],
  run: async ({ input, session, client }) => {
    const { db, clock, sealer } = runtime();
    const { userId } = session.viewer;
    const doer = { address: null, subject: userId };
    const retryAfterS = await actLimiter().count("code", doer);
    if (retryAfterS !== null) throw tooManyTries(retryAfterS);
    const result = await withTransaction(db.orm, (tx) =>
      confirmTotp(tx, { userId, code: input.totp, sealer, actor: actorOf(session, client), now: clock.now() }),
    );
    switch (result.kind) {
      case "wrong_code":
        throw new FieldError("totp", "This code is wrong. Is the clock of the phone right?");
      case "not_started":
        throw new AppError("conflict", "This took too long, or was finished or started anew elsewhere. Load the page again.");
      case "confirmed":
        await actLimiter().forgive("code", doer);
        revalidatePath(SECURITY);
        return { recoveryCodes: result.recoveryCodes };
    }
  },
});

export const newRecoveryCodesAction = defineAction({
  role: "customer",
  input: z.object(passwordInput),
  secrets: PASSWORD_SECRETS,
  run: async ({ input, session, client }) => {
    await requirePassword(session, input);
    const { userId } = session.viewer;
    const recoveryCodes = await withTransaction(runtime().db.orm, (tx) =>
      newRecoveryCodes(tx, { userId, actor: actorOf(session, client) }),
    );
    return { recoveryCodes };
  },
});

export const disableTotpAction = defineAction({
  role: "customer",
  input: z.object(passwordInput),
  secrets: PASSWORD_SECRETS,
  run: async ({ input, session, client }) => {
    await requirePassword(session, input);
    const { userId } = session.viewer;
    await withTransaction(runtime().db.orm, (tx) => disableTotp(tx, { userId, actor: actorOf(session, client) }));
    revalidatePath(SECURITY);
    return {};
  },
});

export const revokeSessionAction = defineAction({
  role: "customer",
  input: z.object({ sessionId: z.string() }),
  run: async ({ input: { sessionId }, session }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    await withTransaction(db.orm, (tx) => revokeOneSession(tx, { userId, sessionId, now: clock.now() }));
    revalidatePath(SECURITY);
    return {};
  },
});

export const revokeOthersAction = defineAction({
  role: "customer",
  input: z.object({}),
  run: async ({ session }) => {
    const { db, clock } = runtime();
    const { userId } = session.viewer;
    const count = await withTransaction(db.orm, (tx) => revokeOtherSessions(tx, { userId, keep: session.sessionId, now: clock.now() }));
    revalidatePath(SECURITY);
    return { message: count === 1 ? "Signed out in one other place." : `Signed out in ${count} other places.` };
  },
});

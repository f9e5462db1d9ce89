"use server";

import { z } from "zod";
import { callRunnerAct } from "@/app/_server/call-runner-act";
import { defineAction } from "@/app/_server/define-action";
import { withTransaction } from "@/db/transaction";
import { disconnectAccount } from "@/lib/codex/disconnect-account";
import { readDisconnectToken } from "@/lib/codex/disconnect-link";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";

/** For whoever holds the link from the mail: nobody needs an account here to take their ChatGPT account away from here. */
export const disconnectAction = defineAction({
  role: "stranger",
  input: z.object({ token: z.string() }),
  run: async ({ input: { token } }) => {
    const { config, db, log } = runtime();
    const accountId = readDisconnectToken(config.masterKey, token);
    if (accountId === null) throw new AppError("not_found", "This link is not one of ours. Copy it from the mail as a whole.");
    const actor = { kind: "system", process: "disconnect-link" } as const;
    const account = await withTransaction(db.orm, (tx) => disconnectAccount(tx, { accountId, actor }));
    // The row is signed out by now: a runner that hears of it later finds a sign-in that nobody wants and wipes it.
    if (account) {
      await callRunnerAct(accountId, "sign-out", { userId: account.userId }).catch((error: unknown) =>
        log.warn({ err: error, accountId }, "the sign-out is left to the runner's next look"),
      );
    }
    return {};
  },
});

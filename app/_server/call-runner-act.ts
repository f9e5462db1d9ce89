import { AppError } from "@/lib/errors/app-error";
import { askRunner, type RunnerAct } from "@/lib/codex/ask-runner";
import { runtime } from "@/lib/runtime/runtime";
import type { AccountAct } from "@/lib/turns/runner-protocol";

/** Nothing was refused: the runner that comes up next finds in the database what is to be done. */
export class NobodyThere extends AppError {
  constructor(message: string, cause?: unknown) {
    super("upstream_unavailable", message, { cause });
  }
}

/**
 * Asks the runner of an account to do something; the outcome is in the database, where the screens look for it. Throws
 * `upstream_unavailable` with words for the person when nobody does it.
 */
export async function callRunnerAct(accountId: string, act: RunnerAct, body: AccountAct): Promise<void> {
  const { config, db } = runtime();
  const answer = await askRunner({ sql: db.sql, secret: config.runnerSecret ?? "" }, { accountId, act, body });
  switch (answer.kind) {
    case "done":
      return;
    case "no_runner":
      throw new NobodyThere("No machine that runs Codex answers now. Try again in a minute.");
    case "unreachable":
      throw new NobodyThere("The machine that runs your Codex does not answer. Try again in a minute.", answer.cause);
    case "refused":
      if (answer.status === 404) throw new AppError("not_found", "This lane is not there any more.");
      if (answer.status === 503) throw new NobodyThere("The machine that runs your Codex is being restarted. Try again in a minute.");
      throw new AppError("upstream_unavailable", "The machine that runs your Codex could not do this. Try again in a minute.", {
        detail: `the runner answered ${answer.status}`,
      });
  }
}

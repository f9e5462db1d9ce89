import { readAccount, readLimits } from "@/workers/codex-runner/app-server/account";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { DeclinedStep } from "@/workers/codex-runner/engine/turn-engine";
import { LeaseLost, SignedOut } from "@/workers/codex-runner/lease-errors";
import type { TurnDesk } from "@/workers/codex-runner/run-turn";

type OpenServer = () => Promise<AppServer>;

/** The lane is passed over for this long when its way to OpenAI is broken for a reason that nobody knows. */
const LOST_MS = 15_000;

/** What `web` is told: what Codex said, or what turned out to stand behind it. */
export type NotedDecline = Pick<DeclinedStep, "class" | "reason"> & {
  /** When the lane may be tried again. */
  until: Date | null;
};

/** Writes down what a decline means for the account, its window and its lane. */
export async function noteDecline(
  desk: TurnDesk,
  { step, openServer, model }: { step: DeclinedStep; openServer: OpenServer; model: string },
): Promise<NotedDecline> {
  const said = (until: Date | null): NotedDecline => ({ class: step.class, reason: step.reason, until });
  // Codex does not tell a window that filled in the middle of a stream from a broken connection; the windows do.
  const closedUntil = step.reason === "upstream_cut" ? await lookAtLimits(desk, openServer) : null;
  if (closedUntil !== null) return { class: "exhausted", reason: "usage_limit_reached", until: closedUntil };
  return said(await writeDown(desk, { step, openServer, model }));
}

async function writeDown(
  desk: TurnDesk,
  { step, openServer, model }: { step: DeclinedStep; openServer: OpenServer; model: string },
): Promise<Date | null> {
  const { books, deps } = desk;
  if (step.signedOut || (step.class === "lost" && !(await isStillSignedIn(openServer)))) {
    await books.signedOut("by_openai", step.message);
    return null;
  }
  if (step.closes === "model") return books.closeWindow({ model, until: step.until, reason: step.reason });
  if (step.closes === "account") {
    if (step.until === null) await lookAtLimits(desk, openServer);
    const until = await books.closeWindow({ model: null, until: step.until, reason: step.reason });
    desk.expectReset(until);
    return until;
  }
  const until = step.class === "lost" ? (step.until ?? new Date(deps.clock.now().getTime() + LOST_MS)) : step.until;
  if (until !== null && step.class !== "cannot") await books.coolLane(step.reason, until);
  return until;
}

/** When the account's window opens again, if it is closed and OpenAI says so now. */
async function lookAtLimits({ books, deps, expectReset }: TurnDesk, openServer: OpenServer): Promise<Date | null> {
  try {
    const until = await books.limits(await readLimits(await openServer(), deps.clock.now()), deps.clock.now());
    if (until) expectReset(until);
    return until;
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    deps.log.debug({ err: error }, "usage windows cannot be read after a refusal");
    return null;
  }
}

/** A connection that does not tell is no reason to sign anybody out. */
async function isStillSignedIn(openServer: OpenServer): Promise<boolean> {
  try {
    return (await readAccount(await openServer())).signedIn;
  } catch (error) {
    // A start that found the sign-in gone has written that down already.
    return !(error instanceof SignedOut);
  }
}

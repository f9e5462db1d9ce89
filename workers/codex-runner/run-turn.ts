import type { TurnFrame, TurnTicket } from "@/lib/turns/runner-protocol";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { AccountBooks } from "@/workers/codex-runner/account-books";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import { ConnectionLost } from "@/workers/codex-runner/app-server/connection-lost";
import type { ContainerKeeper } from "@/workers/codex-runner/container-keeper";
import type { DeclinedStep, TurnStep } from "@/workers/codex-runner/engine/turn-engine";
import { ContainerDown, SignedOut } from "@/workers/codex-runner/lease-errors";
import { noteDecline } from "@/workers/codex-runner/note-decline";
import type { RunnerDeps } from "@/workers/codex-runner/runner-deps";
import { declined } from "@/workers/codex-runner/standing-decline";

/** Where a turn speaks: each call waits until the reader has taken what was said before. */
export type TurnSink = { frame(frame: TurnFrame): Promise<void>; bytes(bytes: Uint8Array): Promise<void> };

export type TurnDesk = {
  deps: RunnerDeps;
  books: AccountBooks;
  keeper: ContainerKeeper;
  reportLimits(limits: ReportedLimits): void;
  /** The account's window opens again then. */
  expectReset(until: Date): void;
};

export type TurnToRun = { ticket: TurnTicket; body: Buffer; signal: AbortSignal; sink: TurnSink };

/** It was cut off while its client was already reading: how, is told by the end of the connection. */
export class TurnCut extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TurnCut";
  }
}

/** A turn that has sent nothing to its client is run again once on the container that survived, or on the one that follows it. */
const RUNS_MAX = 2;

/** Runs one turn whose time has come. Returns when its end has been told, or when it was aborted; true: its client was reading already. */
export function runTurn(desk: TurnDesk, turn: TurnToRun): Promise<boolean> {
  return desk.deps.settings.engine === "exec" ? runOnExec(desk, turn) : runOnAppServer(desk, turn);
}

async function runOnAppServer(desk: TurnDesk, turn: TurnToRun): Promise<boolean> {
  const { ticket, body, signal, sink } = turn;
  const answer = { begun: false };
  for (let run = 1; ; run += 1) {
    const server = await desk.keeper.open().catch((error: unknown) => tellWhyNot(error, turn));
    if (server === null) return false;
    const steps = ({ onTrouble }: Hearer) =>
      desk.deps.engine.runTurn({ server, ticket, body, signal, onLimits: (limits) => desk.reportLimits(limits), onTrouble });
    try {
      await pipe(desk, { steps, turn, answer, openServer: () => Promise.resolve(server) });
      return answer.begun;
    } catch (cause) {
      if (signal.aborted) return answer.begun;
      if (!(cause instanceof ConnectionLost)) throw cause;
      if (answer.begun) throw new TurnCut("the container was lost in the middle of an answer", { cause });
      if (run >= RUNS_MAX || ticket.isRerun) {
        await sink.frame(declined("lost", "container_lost", "The container of this account was lost more than once over this."));
        return false;
      }
      await desk.books.event("turn_rerun", "the connection to the container was lost before anything was answered");
    }
  }
}

async function runOnExec(desk: TurnDesk, turn: TurnToRun): Promise<boolean> {
  const { ticket, body, signal } = turn;
  const { keeper, deps } = desk;
  const answer = { begun: false };
  const steps = ({ onTrouble }: Hearer) =>
    deps.engine.execTurn({ ticket, body, signal, onTrouble, spawn: (args, stdin) => keeper.command(args, stdin) });
  try {
    await pipe(desk, { steps, turn, answer, openServer: () => keeper.open() });
  } catch (error) {
    if (!signal.aborted) await tellWhyNot(error, turn);
  }
  return answer.begun;
}

/** Null, when why nothing can be started is told; everything else is thrown on. */
async function tellWhyNot(error: unknown, { sink, signal }: TurnToRun): Promise<null> {
  if (signal.aborted) return null;
  if (error instanceof ContainerDown) {
    await sink.frame(declined("lost", "container_failed", error.message, { until: error.retryAt }));
    return null;
  }
  if (error instanceof SignedOut) {
    await sink.frame(declined("lost", "signed_out", error.message));
    return null;
  }
  throw error;
}

type Hearer = { onTrouble: (trouble: DeclinedStep) => void };

type Pipe = {
  steps: (hearer: Hearer) => AsyncIterable<TurnStep>;
  turn: TurnToRun;
  answer: { begun: boolean };
  /** For what only app-server can tell of a refusal. Waits until nothing else runs on the home, so it is not waited for between steps. */
  openServer: () => Promise<AppServer>;
};

async function pipe(desk: TurnDesk, { steps, turn, answer, openServer }: Pipe): Promise<void> {
  const { ticket, sink } = turn;
  const note = (step: DeclinedStep) => noteDecline(desk, { step, openServer, model: ticket.model });
  let decline: DeclinedStep | null = null;
  const noted: Promise<unknown>[] = [];
  try {
    // Behind `answer` the client hears of it in its own wire; what the lane learns is the same.
    for await (const step of steps({ onTrouble: (trouble) => noted.push(note(trouble)) })) {
      switch (step.kind) {
        case "bytes":
          await sink.bytes(step.bytes);
          break;
        case "answer":
          answer.begun = true;
          await sink.frame(step);
          break;
        case "refused":
          await sink.frame(step);
          break;
        case "declined":
          decline = step;
          break;
      }
    }
  } finally {
    await Promise.all(noted);
  }
  if (decline === null) return;
  // The lane's own state first: whoever reads the frame may look at it at once.
  const told = await note(decline);
  await sink.frame(declined(told.class, told.reason, decline.message, { until: told.until, param: decline.param }));
}

import type { TurnFrame, TurnTicket } from "@/lib/turns/runner-protocol";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { AccountBooks } from "@/workers/codex-runner/account-books";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import { ConnectionLost } from "@/workers/codex-runner/app-server/connection-lost";
import type { ContainerKeeper } from "@/workers/codex-runner/container-keeper";
import type { TurnRun } from "@/workers/codex-runner/engine/turn-engine";
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
export async function runTurn(desk: TurnDesk, turn: TurnToRun): Promise<boolean> {
  const answer = { begun: false };
  for (let run = 1; ; run += 1) {
    const server = await openOrDecline(desk, turn);
    if (server === null) return false;
    try {
      await pipe(desk, { server, turn, answer });
      return answer.begun;
    } catch (cause) {
      if (turn.signal.aborted) return answer.begun;
      if (!(cause instanceof ConnectionLost)) throw cause;
      if (answer.begun) throw new TurnCut("the container was lost in the middle of an answer", { cause });
      if (run >= RUNS_MAX) {
        await turn.sink.frame(declined("lost", "container_lost", "The container of this account was lost twice while it worked on this."));
        return false;
      }
      await desk.books.event("turn_rerun", "the connection to the container was lost before anything was answered");
    }
  }
}

async function openOrDecline({ keeper }: TurnDesk, { sink, signal }: TurnToRun): Promise<AppServer | null> {
  try {
    return await keeper.open();
  } catch (error) {
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
}

type Pipe = { server: AppServer; turn: TurnToRun; answer: { begun: boolean } };

async function pipe(desk: TurnDesk, { server, turn, answer }: Pipe): Promise<void> {
  const { ticket, body, signal, sink } = turn;
  const noted: Promise<unknown>[] = [];
  const run: TurnRun = {
    server,
    ticket,
    body,
    signal,
    onLimits: (limits) => desk.reportLimits(limits),
    // Behind `answer` the client hears of it in its own wire; what the lane learns is the same.
    onTrouble: (step) => noted.push(noteDecline(desk, { step, server, model: ticket.model })),
  };
  for await (const step of desk.deps.engine.runTurn(run)) {
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
      case "declined": {
        // The lane's own state first: whoever reads the frame may look at it at once.
        const until = await noteDecline(desk, { step, server, model: ticket.model });
        await sink.frame(declined(step.class, step.reason, step.message, { until, param: step.param }));
        break;
      }
    }
  }
  await Promise.all(noted);
}

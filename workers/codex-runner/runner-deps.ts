import type { Duplex } from "node:stream";
import type { Sql } from "postgres";
import type { Logger } from "pino";
import type { Clock } from "@/lib/time/clock";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { CodexCliHome } from "@/workers/codex-runner/codex-cli";
import type { AccountContainer, ContainerDriver } from "@/workers/codex-runner/containers/container-driver";
import type { ExecRun } from "@/workers/codex-runner/engine/exec-turn";
import type { EngineSetup, TurnRun, TurnStep } from "@/workers/codex-runner/engine/turn-engine";

/** What all accounts of a runner share. Built once, in `start-runner`. */
export type RunnerDeps = {
  sql: Sql;
  log: Logger;
  clock: Clock;
  /** Replaced once, when none could work at the start and one can now. */
  driver: ContainerDriver;
  engine: TurnEngine;
  /** The official CLI of a version, unpacked on this machine. */
  cliOf(version: string): Promise<CodexCliHome>;
  /** The operator's switch for all Codex lanes. */
  areLanesOn(): Promise<boolean>;
  settings: RunnerSettings;
};

export type TurnEngine = {
  setup(cli: CodexCliHome): Promise<EngineSetup>;
  open(stream: Duplex, signal: AbortSignal): Promise<AppServer>;
  runTurn(run: TurnRun): AsyncIterable<TurnStep>;
  execTurn(run: ExecRun): AsyncIterable<TurnStep>;
};

export type RunnerSettings = {
  /** The machine, engine or cluster whose containers this runner can touch. */
  host: string;
  codexVersion: string;
  /** Who answers turns. Sign-in and windows are app-server's in any case. */
  engine: "app-server" | "exec";
  /** Certificate authorities beside the system's, PEM. */
  caPem: string | null;
  limits: AccountContainer["limits"];
  masterKey: string;
  queueMax: number;
  idleStopMs: number;
  leaseS: number;
  timings: RunnerTimings;
};

/** Bounds that no operator needs to change; tests shorten them. */
export type RunnerTimings = {
  /** How long a turn or an act waits for a container to come up. */
  startMs: number;
  /** How long running turns may still take when a container is stopped. */
  drainMs: number;
  /** From the code to the end of a sign-in; OpenAI's own bound. */
  signInMs: number;
  /** Between two looks at what is there and what should be there. */
  reconcileMs: number;
  /** A closed window that is still closed at its reset is looked at again after this. */
  probeAgainMs: number;
  /** Between two looks at the size of a home. */
  homeLookMs: number;
  /** Between two restarts that an owner asks for. */
  restartPauseMs: number;
};

export const TIMINGS: RunnerTimings = {
  startMs: 30_000,
  drainMs: 20_000,
  signInMs: 15 * 60_000,
  reconcileMs: 30_000,
  probeAgainMs: 60_000,
  homeLookMs: 5 * 60_000,
  restartPauseMs: 10_000,
};

import { type AccountStanding, readStandings } from "@/lib/codex/read-standings";
import type { AccountDesk } from "@/workers/codex-runner/account-desk";
import type { ContainerStatus } from "@/workers/codex-runner/containers/container-driver";
import { LeaseLost, Moved, NotTheirs } from "@/workers/codex-runner/lease-errors";
import type { RunnerDeps } from "@/workers/codex-runner/runner-deps";

/**
 * stop: nobody may drive it here. destroy: its account is removed. remove: the account is to be. adopt: it goes on under our lease.
 * clear_out: nobody is meant to be signed in to its home any more. gone: it died while nobody looked. sign_in: its owner asked while no runner was there to hear it. keep: another runner's, or there is nothing to do.
 */
export type Reconciliation = "stop" | "destroy" | "remove" | "adopt" | "gone" | "sign_in" | "clear_out" | "keep";

type Situation = { standing: AccountStanding | null; container: ContainerStatus | null; host: string; runnerId: string };

/** Pure. `standing` null: the database does not know the account; then its home is left alone, since it may be another database's. */
export function judgeSituation({ standing, container, host, runnerId }: Situation): Reconciliation {
  const isRunning = container?.state === "running";
  if (standing === null) return isRunning ? "stop" : "keep";
  if (standing.state === "removed") return container === null ? "keep" : "destroy";
  if (standing.host !== null && standing.host !== host) return isRunning ? "stop" : "keep";
  if (standing.leasedBy !== null && standing.leasedBy !== runnerId) return "keep";
  if (standing.state === "removing") return "remove";
  if (standing.signInAsked) return "sign_in";
  // Whoever signed it out, by a link in a mail too, may have found no runner that heard it. And a machine may have come back after
  // the homes on it were given up for lost: the database knows of none then, and it is there.
  const hasHome = standing.containerState !== "none" || container !== null;
  if ((standing.state === "new" || standing.state === "signed_out") && hasHome) return "clear_out";
  if (standing.leasedBy === runnerId) return "keep";
  if (isRunning || standing.signInWaiting) return "adopt";
  if (standing.containerState === "running" || standing.containerState === "starting") return "gone";
  // Somebody must look at its window when that opens again.
  return standing.laneUntil !== null && standing.state === "signed_in" ? "adopt" : "keep";
}

type Round = {
  runnerId: string;
  lanesOn: boolean;
  take(accountId: string): Promise<AccountDesk>;
  /** As if its owner had asked this moment; changes nothing when it has begun. */
  signIn(desk: AccountDesk): Promise<void>;
};

/** Compares what runs here with what the database says, and mends the difference. One account's trouble is not another's. */
export async function reconcile(deps: RunnerDeps, round: Round): Promise<void> {
  const { host } = deps.settings;
  const found = new Map((await deps.driver.list()).map((status) => [status.accountId, status]));
  const standings = new Map(
    (await readStandings(deps.sql, { host, found: [...found.keys()] })).map((standing) => [standing.accountId, standing]),
  );
  for (const accountId of new Set([...found.keys(), ...standings.keys()])) {
    const standing = standings.get(accountId) ?? null;
    const container = found.get(accountId) ?? null;
    const what = judgeSituation({ standing, container, host, runnerId: round.runnerId });
    try {
      await mend(deps, round, { what, accountId, standing, container });
    } catch (error) {
      // Another runner was quicker.
      if (error instanceof Moved || error instanceof LeaseLost || error instanceof NotTheirs) continue;
      deps.log.warn({ err: error, accountId, what }, "a container could not be brought in line with the database");
    }
  }
}

type Mending = { what: Reconciliation; accountId: string; standing: AccountStanding | null; container: ContainerStatus | null };

async function mend(deps: RunnerDeps, round: Round, { what, accountId, standing, container }: Mending): Promise<void> {
  switch (what) {
    case "keep":
      return;
    case "stop":
      deps.log.warn({ accountId }, "stopping a container that does not belong here");
      if (container) await deps.driver.stop(container.ref, deps.settings.timings.drainMs);
      return;
    case "destroy":
      if (container) await deps.driver.destroy(container.ref, { deleteHome: true });
      return;
    case "remove":
      return (await round.take(accountId)).remove();
    case "clear_out":
      return (await round.take(accountId)).clearOut(container?.ref ?? null);
    case "gone":
      return (await round.take(accountId)).noteChange({ accountId, state: "exited", code: null, oom: false });
    case "sign_in":
      return round.signIn(await round.take(accountId));
    case "adopt": {
      const desk = await round.take(accountId);
      return round.lanesOn ? desk.adopt(standing?.laneUntil ?? null) : desk.pause();
    }
  }
}

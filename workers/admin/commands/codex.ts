import type { Command } from "commander";
import { forgetHome } from "@/lib/codex/forget-home";
import { listFleetAccounts, listRunners, type FleetAccountView } from "@/lib/codex/read-fleet";
import { setCanary } from "@/lib/codex/set-canary";
import { areCodexLanesOn, isCodexPlanRequired, setCodexLanes, setCodexPlanRequired } from "@/lib/settings/codex-switch";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { list, table } from "@/workers/admin/table";

export function addCodexCommands(root: Command): void {
  const codex = root.command("codex").description("All Codex lanes at once: the master switch, accounts and runners");
  addCommand(codex, { name: "status", description: "switches, accounts with lane and container, runners", run: status });
  addCommand(codex, {
    name: "on",
    description: "let Codex lanes answer",
    options: withNote,
    run: (office, options: { note: string }) => turn(office, true, options.note),
  });
  addCommand(codex, {
    name: "off",
    description: "stop every Codex lane; accounts, logs and the other lanes carry on",
    options: withNote,
    run: (office, options: { note: string }) => turn(office, false, options.note),
  });
  addCommand(codex, {
    name: "require-plan",
    description: "let only customers with the monthly plan connect ChatGPT accounts (--off: everybody)",
    options: (command) => withNote(command).option("--off", "everybody may"),
    run: requirePlan,
  });
  addCommand(codex, {
    name: "canary",
    description: "let one account run a version of the Codex CLI before everybody else does",
    options: (command) =>
      command
        .requiredOption("--account <id>", "id of the ChatGPT account")
        .option("--codex-version <version>", "one whose digest this release knows; without it the account is like the others again"),
    run: canary,
  });
  addCommand(codex, {
    name: "forget-home",
    description: "take the home of one account for gone, because its machine is lost and does not come back",
    options: (command) => withNote(command.requiredOption("--account <id>", "id of the ChatGPT account")),
    run: forget,
  });
  addCommand(root.command("runner").description("Processes that drive containers"), {
    name: "list",
    description: "runners that have not ended",
    run: async (office) => {
      const runners = await listRunners(office.database.orm, office.viewer);
      return { json: runners, text: runnerTable(runners) };
    },
  });
}

function withNote(command: Command): Command {
  return command.requiredOption("--note <text>", "why, for the audit log");
}

async function status(office: Office): Promise<Output> {
  const { orm } = office.database;
  const accounts = await listFleetAccounts(orm, office.viewer);
  const runners = await listRunners(orm, office.viewer);
  const lanesOn = await areCodexLanesOn(orm);
  const planRequired = await isCodexPlanRequired(orm);
  const text = [
    list([
      ["Codex lanes", lanesOn ? "on" : "off"],
      ["monthly plan required", planRequired ? "yes" : "no"],
    ]),
    table(
      ["account", "owner", "lane", "lane state", "account state", "container", "Codex CLI", "host", "fence", "windows"],
      accounts.map((account) => [
        account.id,
        account.owner.username,
        account.lane?.label ?? null,
        account.lane?.state ?? null,
        account.state,
        account.container.state,
        account.codexVersionCanary === null
          ? account.codexVersion
          : `${account.codexVersion ?? "none"} (canary ${account.codexVersionCanary})`,
        account.host,
        account.fence,
        windowsText(account),
      ]),
      "No ChatGPT accounts.",
    ),
    runnerTable(runners),
  ].join("\n\n");
  return { json: { lanesOn, planRequired, accounts, runners }, text };
}

function windowsText({ windows }: FleetAccountView): string | null {
  return windows.length === 0
    ? null
    : windows.map((window) => `${window.limitId}/${window.windowMinutes}min ${window.usedPercent}%`).join(", ");
}

function runnerTable(runners: Awaited<ReturnType<typeof listRunners>>): string {
  return table(
    ["runner", "state", "host", "driver", "accounts", "address", "heartbeat"],
    runners.map((runner) => [runner.id, runner.state, runner.host, runner.driver, runner.accounts, runner.address, runner.heartbeatAt]),
    "No runners.",
  );
}

async function turn(office: Office, enabled: boolean, note: string): Promise<Output> {
  await office.transact((tx) => setCodexLanes(tx, { enabled, actor: office.actor, note }));
  return { json: { lanesOn: enabled }, text: `Codex lanes are ${enabled ? "on" : "off"}.` };
}

async function requirePlan(office: Office, options: { note: string; off?: boolean }): Promise<Output> {
  const enabled = options.off !== true;
  await office.transact((tx) => setCodexPlanRequired(tx, { enabled, actor: office.actor, note: options.note }));
  return { json: { planRequired: enabled }, text: `The monthly plan is ${enabled ? "" : "not "}required to connect a ChatGPT account.` };
}

async function canary(office: Office, options: { account: string; codexVersion?: string }): Promise<Output> {
  const version = options.codexVersion ?? null;
  await office.transact((tx) => setCanary(tx, { accountId: options.account, version, actor: office.actor }));
  const text =
    version === null
      ? `${options.account} runs the version of everybody.`
      : `${options.account} runs Codex CLI ${version} from its next start on.`;
  return { json: { accountId: options.account, version }, text };
}

async function forget(office: Office, options: { account: string; note: string }): Promise<Output> {
  const { account: accountId, note } = options;
  const { host, state } = await office.transact((tx) => forgetHome(tx, { accountId, note, actor: office.actor }));
  const outcome =
    state === "removed"
      ? "The account is removed, and the ChatGPT account may be connected again."
      : "The account is signed out, and its owner may sign in again; the new home will be on another machine.";
  const text = `The home of ${accountId} on ${host} is taken for gone, with the sign-in in it. ${outcome} Should ${host} come back, delete what it holds of this account.`;
  return { json: { accountId, host, state }, text };
}

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addAdminCommands } from "@/workers/admin/commands/admin";
import { addAlarmCommands } from "@/workers/admin/commands/alarm";
import { addCodexCommands } from "@/workers/admin/commands/codex";
import { addCreditCommand } from "@/workers/admin/commands/credit";
import { addCustomerCommands } from "@/workers/admin/commands/customer";
import { addDatabaseCommands } from "@/workers/admin/commands/database";
import { addKeyCommands } from "@/workers/admin/commands/key";
import { addLaneCommands } from "@/workers/admin/commands/lane";
import { addLedgerCommands } from "@/workers/admin/commands/ledger";
import { addPriceCommands } from "@/workers/admin/commands/price";
import { addProviderCommands } from "@/workers/admin/commands/provider";
import { addRequestCommands } from "@/workers/admin/commands/request";
import { addSignUpCommands } from "@/workers/admin/commands/signup";
import { addUserCommands } from "@/workers/admin/commands/user";

/** The whole command line: `npm run --silent admin -- <noun> <verb> [options]`. */
export function program(): Command {
  const root = new Command("admin")
    .description("Switchyard for operators. Every command takes --json; errors go to stderr with exit code 1.")
    .version(readVersion())
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError();
  for (const add of [
    addCustomerCommands,
    addCreditCommand,
    addKeyCommands,
    addLaneCommands,
    addCodexCommands,
    addProviderCommands,
    addPriceCommands,
    addRequestCommands,
    addLedgerCommands,
    addUserCommands,
    addSignUpCommands,
    addAdminCommands,
    addAlarmCommands,
    addDatabaseCommands,
  ]) {
    add(root);
  }
  return root;
}

/** `workers/run.mjs` has made the project the working folder. */
function readVersion(): string {
  return (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version;
}

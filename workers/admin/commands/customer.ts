import type { Command } from "commander";
import { hashPassword, newPassword } from "@/lib/crypto/password";
import { listKeys, type KeyView } from "@/lib/keys/read";
import { listLanes } from "@/lib/lanes/read";
import { toUsdString, type MicroUsd } from "@/lib/money/micro-usd";
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from "@/lib/users/password-rules";
import { createCustomer } from "@/lib/users/create-customer";
import { requireUser } from "@/lib/users/find-user";
import { listUsers, readUser } from "@/lib/users/read";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { notNegativeUsdOption } from "@/workers/admin/parse-option";
import { readPasswordFile } from "@/workers/admin/read-secret";
import { setupText } from "@/workers/admin/setup-text";
import { list, table } from "@/workers/admin/table";
import { OperatorError } from "@/workers/shared/operator-error";

type CreateOptions = { username: string; email?: string; passwordFile?: string; creditUsd?: MicroUsd };

export function addCustomerCommands(root: Command): void {
  const customer = root.command("customer").description("Customers, with wallet, lanes and keys");
  addCommand(customer, {
    name: "create",
    description: "make a customer with a wallet lane and a first API key; a username that exists changes nothing",
    options: (command) =>
      command
        .requiredOption("--username <name>", "2 to 63 letters, digits, dots, dashes and underscores")
        .option("--email <address>", "a second name for signing in")
        .option("--password-file <path>", "a file of mode 0600 with the password; else one is generated")
        .option("--credit-usd <amount>", "opening credit in dollars", notNegativeUsdOption),
    run: create,
  });
  addCommand(customer, {
    name: "show",
    description: "wallet, keys and lanes of a customer",
    options: (command) => command.requiredOption("--username <name>", "or e-mail address"),
    run: show,
  });
  addCommand(customer, { name: "list", description: "all users with their balances", run: listAll });
}

async function create(office: Office, options: CreateOptions): Promise<Output> {
  const password = options.passwordFile === undefined ? newPassword() : givenPassword(options.passwordFile);
  const passwordHash = await hashPassword(password);
  const { username, email, creditUsd: openingCredit } = options;
  const { actor, clock } = office;
  const made = await office.transact((tx) => createCustomer(tx, { username, email, passwordHash, openingCredit, actor, clock }));
  const { userId, created } = made;
  if (!made.created) {
    return {
      json: { userId, username: made.username, password: null, apiKey: null, created },
      text: `${made.username} exists already (${userId}); nothing was changed.`,
      warnings: openingCredit ? [`Nothing was credited: ${office.commandLine(creditArgs(made.username, openingCredit))}`] : [],
    };
  }
  const apiKey = made.key.secret;
  return {
    json: { userId, username: made.username, password, apiKey, created },
    text: `${list([
      ["user", userId],
      ["username", made.username],
      ["password", password],
      ["API key", apiKey],
    ])}\n\nPassword and API key are shown this once. ${setupText(office, apiKey)}`,
  };
}

function creditArgs(username: string, amount: MicroUsd): string {
  return `credit --username ${username} --amount-usd ${toUsdString(amount)} --note "…"`;
}

function givenPassword(path: string): string {
  const password = readPasswordFile(path);
  if (password.length < PASSWORD_LENGTH_MIN || password.length > PASSWORD_LENGTH_MAX) {
    throw new OperatorError(`The password in ${path} must have ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters.`);
  }
  return password;
}

async function show(office: Office, options: { username: string }): Promise<Output> {
  const { orm } = office.database;
  const { id: userId } = await requireUser(orm, options.username);
  const { wallet, ...user } = await readUser(orm, office.viewer, { userId });
  const keys = await listKeys(orm, office.viewer, { userId });
  const lanes = await listLanes(orm, office.viewer, { userId });
  const text = [
    list([
      ["user", user.id],
      ["username", user.username],
      ["status", user.status],
      ["available", `$${wallet.availableUsd}`],
      ["held", `$${wallet.heldUsd}`],
      ["requests", user.requestsCount],
      ["last seen", user.lastSeenAt],
    ]),
    table(
      ["lane", "position", "kind", "label", "state"],
      lanes.map((lane) => [lane.id, lane.position, lane.kind, lane.label, lane.state]),
      "No lanes.",
    ),
    keyTable(keys),
  ].join("\n\n");
  return { json: { user, wallet, keys, lanes }, text };
}

async function listAll(office: Office): Promise<Output> {
  const users = await listUsers(office.database.orm, office.viewer);
  const text = table(
    ["user", "username", "role", "status", "available", "held", "requests", "last seen"],
    users.map((user) => [
      user.id,
      user.username,
      user.role,
      user.status,
      `$${user.wallet.availableUsd}`,
      `$${user.wallet.heldUsd}`,
      user.requestsCount,
      user.lastSeenAt,
    ]),
    "No users.",
  );
  return { json: users, text };
}

export function keyTable(keys: readonly KeyView[]): string {
  return table(
    ["key", "name", "secret", "status", "last used", "spent this month", "budget", "lanes"],
    keys.map((key) => [
      key.id,
      key.name,
      `${key.prefix}…${key.lastFour}`,
      key.status,
      key.lastUsedAt,
      `$${key.month.spentUsd}`,
      key.month.budgetUsd === null ? null : `$${key.month.budgetUsd}`,
      key.laneIds?.length ?? "all",
    ]),
    "No keys.",
  );
}

import { Option, type Command } from "commander";
import { AppError } from "@/lib/errors/app-error";
import { issueKey } from "@/lib/keys/issue-key";
import type { KeyLimits } from "@/lib/keys/key-limits";
import { listKeys, type KeyView } from "@/lib/keys/read";
import { revealKey } from "@/lib/keys/reveal-key";
import { revokeKey } from "@/lib/keys/revoke-key";
import { setKeyLimits } from "@/lib/keys/set-key-limits";
import type { MicroUsd } from "@/lib/money/micro-usd";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import { requireUser } from "@/lib/users/find-user";
import { addCommand, type Output } from "@/workers/admin/command";
import { keyTable } from "@/workers/admin/commands/customer";
import type { Office } from "@/workers/admin/office";
import {
  instantOption,
  listOption,
  noneToNull,
  notNegativeUsdOption,
  orNone,
  wholeNumberOption,
  yesOrNoOption,
  type None,
} from "@/workers/admin/parse-option";
import { setupText } from "@/workers/admin/setup-text";
import { list } from "@/workers/admin/table";
import { readRevealKey, revealKeyPath } from "@/workers/shared/reveal-key";

type LimitOptions = Partial<{
  models: string[] | None;
  defaultModel: string;
  expiresAt: Date | None;
  ipAllow: string[] | None;
  concurrencyMax: number | None;
  requestsPerMinuteMax: number | None;
  outputTokensMax: number;
  budgetDayUsd: MicroUsd | None;
  budgetWeekUsd: MicroUsd | None;
  budgetMonthUsd: MicroUsd | None;
  lanes: string[] | None;
  spillBusy: KeyLimits["spillBusy"];
  spillLostToWallet: boolean;
  spillCannotToWallet: boolean;
  parametersStrict: boolean;
  accountRead: boolean;
}>;

const OPTIONS: Record<keyof KeyLimits, string> = {
  models: "--models",
  defaultModel: "--default-model",
  expiresAt: "--expires-at",
  ipAllow: "--ip-allow",
  concurrencyMax: "--concurrency-max",
  requestsPerMinuteMax: "--requests-per-minute-max",
  outputTokensMax: "--output-tokens-max",
  budgetDay: "--budget-day-usd",
  budgetWeek: "--budget-week-usd",
  budgetMonth: "--budget-month-usd",
  laneIds: "--lanes",
  spillBusy: "--spill-busy",
  spillLostToWallet: "--spill-lost-to-wallet",
  spillCannotToWallet: "--spill-cannot-to-wallet",
  parametersStrict: "--parameters-strict",
  accountRead: "--account-read",
};

export function addKeyCommands(root: Command): void {
  const key = root.command("key").description("API keys of a customer");
  addCommand(key, {
    name: "issue",
    description: "make a key; its secret is shown once",
    options: (command) => withLimits(withUser(command).option("--name <text>", "what it is for", "Key")),
    run: issue,
  });
  addCommand(key, { name: "list", description: "keys with their limits and what they spent", options: withUser, run: listAll });
  addCommand(key, {
    name: "limits",
    description: "change the limits that are named",
    options: (command) => withLimits(withKey(command)),
    run: limits,
  });
  addCommand(key, { name: "revoke", description: "end a key for good", options: withKey, run: revoke });
  addCommand(key, {
    name: "reveal",
    description: "show the whole secret again; the audit log keeps who and why",
    options: (command) =>
      withKey(command)
        .requiredOption("--note <text>", "why")
        .option("--reveal-key-file <path>", "where the reveal key is, if not in the data folder"),
    run: reveal,
  });
}

function withUser(command: Command): Command {
  return command.requiredOption("--username <name>", "or e-mail address");
}

function withKey(command: Command): Command {
  return withUser(command).requiredOption("--key <id>", "id or name of the key");
}

function withLimits(command: Command): Command {
  return command
    .option("--models <list>", "the only models that it may use, or none", orNone(listOption))
    .option("--default-model <model>", "for requests that name none, or none")
    .option("--expires-at <instant>", "like 2027-01-31T18:00:00Z, or none", orNone(instantOption))
    .option("--ip-allow <list>", "addresses and CIDR ranges, or none", orNone(listOption))
    .option("--concurrency-max <count>", "requests at once, or none", orNone(wholeNumberOption))
    .option("--requests-per-minute-max <count>", "or none", orNone(wholeNumberOption))
    .option("--output-tokens-max <count>", "ceiling of one answer", wholeNumberOption)
    .option("--budget-day-usd <amount>", "wallet money per UTC day, or none", orNone(notNegativeUsdOption))
    .option("--budget-week-usd <amount>", "wallet money per ISO week, or none", orNone(notNegativeUsdOption))
    .option("--budget-month-usd <amount>", "wallet money per month, or none", orNone(notNegativeUsdOption))
    .option("--lanes <ids>", "the only lanes that it may use, or none", orNone(listOption))
    .addOption(new Option("--spill-busy <which>", "lanes that busy Codex lanes open below them").choices(["none", "own_key", "any"]))
    .option("--spill-lost-to-wallet <yes|no>", "the wallet answers when the Codex lanes are lost", yesOrNoOption)
    .option("--spill-cannot-to-wallet <yes|no>", "the wallet answers what Codex cannot do", yesOrNoOption)
    .option("--parameters-strict <yes|no>", "refuse on Codex lanes what they would ignore, such as temperature", yesOrNoOption)
    .option("--account-read <yes|no>", "it reads the whole account by /api/v1, not only what it did itself", yesOrNoOption);
}

async function issue(office: Office, options: LimitOptions & { username: string; name: string }): Promise<Output> {
  const { id: userId } = await requireUser(office.database.orm, options.username);
  const { actor, clock } = office;
  const issued = await namingOptions(
    office.transact((tx) => issueKey(tx, { userId, name: options.name, limits: toLimits(options), actor, clock })),
  );
  return {
    json: { id: issued.id, userId, name: options.name, apiKey: issued.secret },
    text: `${list([
      ["key", issued.id],
      ["API key", issued.secret],
    ])}\n\nThe API key is shown this once. ${setupText(office, issued.secret)}`,
    warnings: await unsoldWarnings(office, options),
  };
}

async function listAll(office: Office, options: { username: string }): Promise<Output> {
  const { id: userId } = await requireUser(office.database.orm, options.username);
  const keys = await listKeys(office.database.orm, office.viewer, { userId });
  return { json: keys, text: keyTable(keys) };
}

async function limits(office: Office, options: LimitOptions & { username: string; key: string }): Promise<Output> {
  const key = await requireKey(office, options);
  await namingOptions(
    office.transact((tx) => setKeyLimits(tx, { keyId: key.id, userId: key.userId, limits: toLimits(options), actor: office.actor })),
  );
  const changed = await requireKey(office, { username: options.username, key: key.id });
  return { json: changed, text: limitsText(changed), warnings: await unsoldWarnings(office, options) };
}

async function revoke(office: Office, options: { username: string; key: string }): Promise<Output> {
  const key = await requireKey(office, options);
  const { actor, clock } = office;
  const { revokedAt, changed } = await office.transact((tx) => revokeKey(tx, { keyId: key.id, userId: key.userId, actor, clock }));
  return {
    json: { id: key.id, revokedAt: revokedAt.toISOString(), changed },
    text: `${key.name} (${key.prefix}…${key.lastFour}) ${changed ? "is revoked" : "was revoked already"}.`,
  };
}

async function reveal(office: Office, options: { username: string; key: string; note: string; revealKeyFile?: string }): Promise<Output> {
  const key = await requireKey(office, options);
  const privateKey = readRevealKey(options.revealKeyFile ?? revealKeyPath(office.config.dataDir));
  const apiKey = await office.transact((tx) => revealKey(tx, { keyId: key.id, note: options.note, privateKey, actor: office.actor }));
  return { json: { id: key.id, apiKey }, text: apiKey };
}

async function requireKey(office: Office, options: { username: string; key: string }): Promise<KeyView> {
  const { id: userId, username } = await requireUser(office.database.orm, options.username);
  const keys = await listKeys(office.database.orm, office.viewer, { userId });
  const found = keys.filter((key) => key.id === options.key || key.name === options.key);
  const [key, ...others] = found;
  if (!key) throw new AppError("not_found", `${username} has no key ${options.key}.`);
  if (others.length > 0) throw new AppError("conflict", `${username} has ${found.length} keys named ${options.key}: give the id.`);
  return key;
}

/** What is wrong with a limit, said with the option that the operator knows it by. */
async function namingOptions<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const param = error instanceof AppError ? error.param : undefined;
    const option = Object.entries(OPTIONS).find(([limit]) => limit === param)?.[1];
    if (!(error instanceof AppError) || !param || !option) throw error;
    const rest = error.message.startsWith(`${param} `) ? error.message.slice(param.length) : `: ${error.message}`;
    throw new AppError(error.code, `${option}${rest}`, { param, cause: error });
  }
}

async function unsoldWarnings(office: Office, options: LimitOptions): Promise<string[]> {
  const sold = new Set((await listCurrentPrices(office.database.orm)).map((price) => price.model));
  return (noneToNull(options.models) ?? [])
    .filter((model) => !sold.has(model))
    .map((model) => `${model} is not in the price book: the wallet does not sell it.`);
}

/** Only what was named. */
function toLimits(options: LimitOptions): Partial<KeyLimits> {
  const all = {
    models: noneToNull(options.models),
    defaultModel: noneToNull(options.defaultModel),
    expiresAt: noneToNull(options.expiresAt),
    ipAllow: noneToNull(options.ipAllow),
    concurrencyMax: noneToNull(options.concurrencyMax),
    requestsPerMinuteMax: noneToNull(options.requestsPerMinuteMax),
    outputTokensMax: options.outputTokensMax,
    budgetDay: noneToNull(options.budgetDayUsd),
    budgetWeek: noneToNull(options.budgetWeekUsd),
    budgetMonth: noneToNull(options.budgetMonthUsd),
    laneIds: noneToNull(options.lanes),
    spillBusy: options.spillBusy,
    spillLostToWallet: options.spillLostToWallet,
    spillCannotToWallet: options.spillCannotToWallet,
    parametersStrict: options.parametersStrict,
    accountRead: options.accountRead,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function limitsText(key: KeyView): string {
  return list([
    ["key", key.id],
    ["name", key.name],
    ["models", key.models?.join(", ") ?? "all"],
    ["default model", key.defaultModel],
    ["expires at", key.expiresAt],
    ["allowed addresses", key.ipAllow?.join(", ") ?? "all"],
    ["requests at once", key.concurrencyMax],
    ["requests per minute", key.requestsPerMinuteMax],
    ["output tokens", key.outputTokensMax],
    ["budget per day", key.day.budgetUsd],
    ["budget per week", key.week.budgetUsd],
    ["budget per month", key.month.budgetUsd],
    ["lanes", key.laneIds?.join(", ") ?? "all"],
    ["busy Codex lanes open", key.spillBusy],
    ["lost Codex lanes open the wallet", key.spillLostToWallet ? "yes" : "no"],
    ["the wallet does what Codex cannot", key.spillCannotToWallet ? "yes" : "no"],
    ["parameters are strict", key.parametersStrict ? "yes" : "no"],
    ["reads the account", key.accountRead ? "yes" : "no"],
  ]);
}

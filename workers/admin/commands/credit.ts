import type { Command } from "commander";
import { formatUsd, toUsdString, type MicroUsd } from "@/lib/money/micro-usd";
import { requireUser } from "@/lib/users/find-user";
import { adjustWallet } from "@/lib/wallet/adjust-wallet";
import { readWallet } from "@/lib/wallet/read";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { usdOption } from "@/workers/admin/parse-option";

type CreditOptions = { username: string; amountUsd: MicroUsd; note: string; idempotencyKey?: string };

export function addCreditCommand(root: Command): void {
  addCommand(root, {
    name: "credit",
    description: "give money to a customer's wallet, or take it with a negative amount",
    options: (command) =>
      command
        .requiredOption("--username <name>", "or e-mail address")
        .requiredOption("--amount-usd <amount>", "dollars, at most six decimals", usdOption)
        .requiredOption("--note <text>", "why; it stands in the ledger")
        .option("--idempotency-key <text>", "the same key is applied once, however often the command runs"),
    run: credit,
  });
}

async function credit(office: Office, options: CreditOptions): Promise<Output> {
  const { id: userId, username } = await requireUser(office.database.orm, options.username);
  const { amountUsd: amount, note, idempotencyKey } = options;
  const adjusted = await office.transact((tx) => adjustWallet(tx, { userId, amount, note, idempotencyKey, actor: office.actor }));
  const wallet = await readWallet(office.database.orm, office.viewer, { userId });
  return {
    json: { transferId: adjusted.transferId, amountUsd: toUsdString(amount), applied: adjusted.applied, wallet },
    text: adjusted.applied
      ? `${username}: ${formatUsd(amount)}; $${wallet.availableUsd} available now.`
      : `${username}: applied before under this idempotency key; $${wallet.availableUsd} available.`,
  };
}

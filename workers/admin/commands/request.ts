import type { Command } from "commander";
import { listRequests, type RequestView } from "@/lib/requests/read";
import { requireUser } from "@/lib/users/find-user";
import { listUsers } from "@/lib/users/read";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { wholeNumberOption } from "@/workers/admin/parse-option";
import { table } from "@/workers/admin/table";

const WHY_LENGTH_MAX = 40;

export function addRequestCommands(root: Command): void {
  const request = root.command("request").description("The request log");
  addCommand(request, {
    name: "list",
    description: "the last requests, newest first",
    options: (command) =>
      command
        .option("--username <name>", "of one customer; else of everybody")
        .option("--limit <count>", "how many, at most 500", wholeNumberOption, 20),
    run: listLast,
  });
}

async function listLast(office: Office, options: { username?: string; limit: number }): Promise<Output> {
  const { orm } = office.database;
  const userId = options.username === undefined ? null : (await requireUser(orm, options.username)).id;
  const { rows } = await listRequests(orm, office.viewer, { userId, limit: options.limit });
  const names = userId === null ? new Map((await listUsers(orm, office.viewer)).map((user) => [user.id, user.username])) : null;
  const text = table(
    ["started (UTC)", ...(names ? ["user"] : []), "model", "lane", "outcome", "input", "cached", "output", "cost", "ms", "why", "request"],
    rows.map((row) => [
      row.startedAt.slice(5, 19).replace("T", " "),
      ...(names ? [names.get(row.userId) ?? row.userId] : []),
      row.model,
      row.lane && (row.lane.label ?? row.lane.kind),
      row.outcome,
      row.tokens.freshInput + row.tokens.cachedInput + row.tokens.cacheWrite,
      row.tokens.cachedInput,
      row.tokens.output,
      `$${row.costUsd}`,
      row.durationMs,
      whyOf(row),
      row.id,
    ]),
    "No requests.",
  );
  return { json: rows, text };
}

/** What kept the answer from being a whole one, as far as the log knows it. */
function whyOf(row: RequestView): string {
  const reason = row.outcome === "completed" ? null : (row.attempts.at(-1)?.reason ?? null);
  const text = [row.errorCode ?? reason, row.errorText].filter((part) => part !== null).join(": ");
  return text.length > WHY_LENGTH_MAX ? `${text.slice(0, WHY_LENGTH_MAX)}…` : text;
}

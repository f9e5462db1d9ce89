import type { Command } from "commander";
import { listRequests } from "@/lib/requests/read";
import { requireUser } from "@/lib/users/find-user";
import { addCommand, type Output } from "@/workers/admin/command";
import type { Office } from "@/workers/admin/office";
import { wholeNumberOption } from "@/workers/admin/parse-option";
import { table } from "@/workers/admin/table";

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
  const text = table(
    ["started", "request", "model", "lane", "outcome", "input", "cached", "output", "cost", "ms"],
    rows.map((row) => [
      row.startedAt,
      row.id,
      row.model,
      row.lane && (row.lane.label ?? row.lane.kind),
      row.errorCode === null ? row.outcome : `${row.outcome}: ${row.errorCode}`,
      row.tokens.freshInput + row.tokens.cachedInput + row.tokens.cacheWrite,
      row.tokens.cachedInput,
      row.tokens.output,
      `$${row.costUsd}`,
      row.durationMs,
    ]),
    "No requests.",
  );
  return { json: rows, text };
}

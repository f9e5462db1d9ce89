import type { Command } from "commander";
import { listAlarms } from "@/lib/audit/read-alarms";
import { resolveAlarm } from "@/lib/audit/resolve-alarm";
import { addCommand } from "@/workers/admin/command";
import { table } from "@/workers/admin/table";

export function addAlarmCommands(root: Command): void {
  const alarm = root.command("alarm").description("What an operator must look at");
  addCommand(alarm, {
    name: "list",
    description: "open alarms, newest first",
    options: (command) => command.option("--all", "resolved ones too"),
    run: async (office, options: { all?: boolean }) => {
      const alarms = await listAlarms(office.database.orm, office.viewer, { all: options.all });
      const text = table(
        ["alarm", "kind", "subject", "count", "last seen", "resolved", "detail"],
        alarms.map((row) => [row.id, row.kind, row.subject, row.count, row.lastSeenAt, row.resolvedAt, row.detail]),
        "No alarms.",
      );
      return { json: alarms, text };
    },
  });
  addCommand(alarm, {
    name: "resolve",
    description: "say that you have looked; the same cause may raise a new one",
    options: (command) => command.requiredOption("--alarm <id>", "id of the alarm").option("--note <text>", "what was done"),
    run: async (office, options: { alarm: string; note?: string }) => {
      const { actor, clock } = office;
      const { changed } = await office.transact((tx) => resolveAlarm(tx, { alarmId: options.alarm, note: options.note, actor, clock }));
      return { json: { id: options.alarm, changed }, text: `${options.alarm} ${changed ? "is resolved" : "was resolved already"}.` };
    },
  });
}

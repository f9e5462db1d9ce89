import type { Command } from "commander";
import { verifyLedger, type LedgerReport } from "@/lib/wallet/verify-ledger";
import { addCommand } from "@/workers/admin/command";

export function addLedgerCommands(root: Command): void {
  const ledger = root.command("ledger").description("The books");
  addCommand(ledger, {
    name: "verify",
    description: "recompute every balance and invariant; exit code 1 on any difference",
    run: async (office) => {
      const report = await verifyLedger(office.database.sql);
      return { json: report, text: reportText(report), exitCode: report.ok ? 0 : 1 };
    },
  });
}

function reportText(report: LedgerReport): string {
  const lines = report.checks.flatMap((check) => [
    `${check.ok ? "ok  " : "FAIL"}  ${check.name}`,
    ...check.differences.map(({ subject, expected, found }) => `        ${subject}: expected ${expected}, found ${found}`),
    ...(check.differencesCount > check.differences.length ? [`        … ${check.differencesCount} in all`] : []),
  ]);
  const warnings = report.warnings.map((warning) => `look  ${warning.name}: ${warning.count} (${warning.subjects.join(", ")})`);
  const failed = report.checks.filter((check) => !check.ok).length;
  return [
    ...lines,
    ...warnings,
    failed === 0 ? "The ledger is right." : `The ledger is WRONG: ${failed} of ${report.checks.length} checks failed.`,
  ].join("\n");
}

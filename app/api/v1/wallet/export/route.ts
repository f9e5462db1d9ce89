import { exportLimiter } from "@/app/_server/export-limiter";
import { apiDownload } from "@/app/_server/responders";
import { runtime } from "@/lib/runtime/runtime";
import { exportLedger } from "@/lib/wallet/export-ledger";

/** CSV of all that went through the wallet; with `?holds=true` also what running requests held for a time. */
export const GET = apiDownload("account", async ({ viewer, query }) => {
  const { exportDb, clock } = runtime();
  await exportLimiter().count(viewer.userId);
  const parts = exportLedger(exportDb.sql, viewer, { userId: viewer.userId, withHolds: query.get("holds") === "true" });
  return { name: `wallet-${clock.now().toISOString().slice(0, 10)}.csv`, type: "text/csv; charset=utf-8", parts };
});

import { exportLimiter } from "@/app/_server/export-limiter";
import { apiDownload } from "@/app/_server/responders";
import { AppError } from "@/lib/errors/app-error";
import { runtime } from "@/lib/runtime/runtime";
import { isExportGrant } from "@/lib/users/export-grant";
import { exportUserData } from "@/lib/users/export-user-data";

/** The file behind the link that the password has opened. An API key does not open it: it is about the person. */
export const GET = apiDownload("person", async ({ viewer, query }) => {
  const { config, exportDb, clock } = runtime();
  const [now, { userId, via }] = [clock.now(), viewer];
  const grant = query.get("grant") ?? "";
  if (via.kind !== "session" || !isExportGrant(config.nextauthSecret, { userId, sessionId: via.sessionId, grant, now })) {
    throw new AppError("forbidden", "This link is not good any more. Prepare the export again.");
  }
  await exportLimiter().count(userId);
  const parts = exportUserData(exportDb, viewer, { userId, now });
  return { name: `my-data-${now.toISOString().slice(0, 10)}.ndjson`, type: "application/x-ndjson", parts };
});

import path from "node:path";
import { runtime } from "@/lib/runtime/runtime";
import { requireDatabaseMode } from "@/lib/settings/database-mode";
import { egressTargets } from "@/workers/egress-proxy/egress-targets";
import { startEgressProxy } from "@/workers/egress-proxy/start-egress-proxy";
import { exitWithReason } from "@/workers/shared/exit-with-reason";
import { OperatorError } from "@/workers/shared/operator-error";
import { untilStopped } from "@/workers/shared/until-stopped";

try {
  const { config, db, log } = runtime();
  if (config.runnerSecret === null) throw new OperatorError("RUNNER_SECRET must be set when this process is not started by npm start.");
  const proxy = await startEgressProxy({
    sql: db.sql,
    log,
    dataDir: path.resolve(config.dataDir),
    secret: config.runnerSecret,
    leaseS: config.runnerLeaseS,
    targets: egressTargets(config.egressMap, await requireDatabaseMode(db.orm)),
    listen: { host: config.egressHost, port: config.egressPort },
  });
  log.debug({ port: proxy.tcpPort }, "egress-proxy is running");
  await untilStopped();
  await proxy.close();
  await db.close();
  process.exit(0);
} catch (error) {
  exitWithReason(error);
}

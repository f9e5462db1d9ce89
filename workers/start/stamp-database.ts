import type { Sql } from "postgres";
import type { Config } from "@/lib/config/load-config";
import { OperatorError } from "@/workers/shared/operator-error";
import { refuseOpenSimulation } from "@/workers/shared/refuse-open-simulation";

export type DatabaseMode = "live" | "simulated";

/**
 * Decides at the first start, for the whole life of the database, whether its money is real. Without a provider it is a
 * simulation, and then it never gets near a real key or a foreign network.
 */
export async function stampDatabase(sql: Sql, config: Pick<Config, "openaiApiKey" | "host">): Promise<DatabaseMode> {
  const hasKey = config.openaiApiKey !== null;
  await sql`
    insert into database_stamp (mode)
    select case when ${hasKey} or exists (select 1 from providers where not simulated) then 'live' else 'simulated' end
    on conflict do nothing`;
  const [stamp] = await sql<{ mode: DatabaseMode }[]>`select mode from database_stamp`;
  const mode = stamp?.mode ?? "simulated";
  if (mode === "simulated") refuseRealThings(hasKey, config.host);
  return mode;
}

function refuseRealThings(hasKey: boolean, host: string): void {
  if (hasKey) {
    throw new OperatorError(
      "This installation was first started without OPENAI_API_KEY, so it is a simulation for good: its money is not real. " +
        "Unset OPENAI_API_KEY to go on with it, or start a real one in another folder: OPENAI_API_KEY=sk-… SWITCHYARD_DATA_DIR=.data-live npm start",
    );
  }
  refuseOpenSimulation(host);
}

import path from "node:path";
import { cache } from "react";
import { setupTarget } from "@/app/_server/setup-target";
import { readModelCatalogue } from "@/lib/codex/model-catalogue";
import type { SetupTarget } from "@/lib/codex/setup-config";
import type { ProcessConfig } from "@/lib/config/load-config";
import type { Price } from "@/lib/pricing/price-type";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import { readRateCard, type RateCardRow } from "@/lib/providers/read-rate-card";
import { runtime } from "@/lib/runtime/runtime";

/** What the documentation says of this installation; none of it is typed into a page. */
export type DocsValues = {
  target: SetupTarget;
  config: Pick<
    ProcessConfig,
    | "operatorName"
    | "supportEmail"
    | "signUp"
    | "platformFeeUsd"
    | "codexQueueMax"
    | "codexQueueS"
    | "codexIdleStopS"
    | "spillRequestsPerDay"
    | "streamDeadlineS"
    | "requestLogMonths"
    | "runnerLeaseS"
  >;
  /** Of examples: one that is sold here. */
  model: string;
  prices: readonly Price[];
  rates: readonly RateCardRow[];
  /** Models of the Codex CLI's own catalogue that it offers to choose; none while it has not been fetched. */
  codexModels: readonly string[];
};

/** Works with every kind of lane and client. */
const MODEL_FIRST = "gpt-5.5";

/** Once per request: a page and what is derived from it see the same. */
export const readDocsValues = cache(async (): Promise<DocsValues> => {
  const { config, db } = runtime();
  const [prices, rates, catalogue] = await Promise.all([
    listCurrentPrices(db.orm),
    readRateCard(db.orm),
    readModelCatalogue(path.join(config.dataDir, "codex-models.json")),
  ]);
  const model = prices.some((price) => price.model === MODEL_FIRST) ? MODEL_FIRST : (prices[0]?.model ?? MODEL_FIRST);
  const codexModels = catalogue.filter(({ visibility }) => visibility === "list").map(({ slug }) => slug);
  return { target: setupTarget(), config, model, prices, rates, codexModels };
});

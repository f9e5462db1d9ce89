import type { Metadata } from "next";
import { headers } from "next/headers";
import { SetupDesk, type OwnKey } from "@/app/(dashboard)/dashboard/setup/setup-desk";
import { readSetupChoice } from "@/app/(dashboard)/dashboard/setup/setup-query";
import type { SoldModel } from "@/app/(dashboard)/dashboard/setup/spill-choice";
import { requireViewer } from "@/app/_server/session";
import { setupTarget } from "@/app/_server/setup-target";
import { SetupTraps } from "@/components/setup/setup-traps";
import { Card } from "@/components/ui/card";
import { PageHeading } from "@/components/ui/page-heading";
import { CommandLine } from "@/components/dashboard/command-line";
import { curlLine } from "@/lib/codex/curl-line";
import { listKeys, type KeyView } from "@/lib/keys/read";
import { listLanes } from "@/lib/lanes/read";
import { microUsd, toUsdString } from "@/lib/money/micro-usd";
import type { Price } from "@/lib/pricing/price-type";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Setup" };

/** The one of Codex's models that works with every kind of lane and client. */
const MODEL_FIRST = "gpt-5.5";

export default async function SetupPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const viewer = await requireViewer();
  const { config, db, clock } = runtime();
  const { userId } = viewer;
  const [keys, lanes, prices, asked] = await Promise.all([
    listKeys(db.orm, viewer, { userId }),
    listLanes(db.orm, viewer, { userId }),
    listCurrentPrices(db.orm),
    searchParams,
  ]);
  const models = prices.map(({ model }) => model);
  const model = models.includes(MODEL_FIRST) ? MODEL_FIRST : (models[0] ?? MODEL_FIRST);
  const price = prices.find((entry) => entry.model === model);
  const isWindows = /\bWindows\b/.test((await headers()).get("user-agent") ?? "");
  return (
    <div className="mx-auto max-w-4xl">
      {/* Without JavaScript no tab can be opened: all of them are shown. */}
      <noscript>
        <style>
          {
            "@layer theme{[data-panel][hidden]{display:block!important}}[data-panel]>.panel-name{position:static;width:auto;height:auto;clip-path:none;margin:1rem 0 0.5rem}"
          }
        </style>
      </noscript>
      <PageHeading
        title="Set up Codex"
        note="From here to the first answer in three steps: a key, one line for your terminal, and a question that this page waits for."
      />
      <SetupDesk
        target={setupTarget()}
        choice={readSetupChoice(asked)}
        model={model}
        systemFirst={isWindows ? "powershell" : "unix"}
        sold={price ? soldModel(price) : null}
        keys={keys.filter(({ status, replacedBy }) => status === "active" && replacedBy === null).map(ownKey)}
        lanes={lanes.map(({ id, label, kind, state }) => ({ id, label, kind, state }))}
        since={clock.now().toISOString()}
      />
      <div className="mt-4 grid gap-4">
        <SetupTraps target={setupTarget()} />
        <Card title="Without Codex" note="The same endpoint answers every OpenAI client. With the key in the variable:">
          <CommandLine title="Ask with curl" line={curlLine(config)} what="the curl line" />
        </Card>
      </div>
    </div>
  );
}

/** No more of a key than the page needs goes to the browser. */
function ownKey({ id, name, prefix, lastFour, status, laneIds, spillCannotToWallet }: KeyView): OwnKey {
  return { id, name, prefix, lastFour, status, laneIds, spillCannotToWallet };
}

/** Micro-dollars per million tokens, read as micro-dollars, are the price of a million. */
function soldModel({ model, sell }: Price): SoldModel {
  return { model, inputUsd: toUsdString(microUsd(sell.input)), outputUsd: toUsdString(microUsd(sell.output)) };
}

import type { Metadata } from "next";
import { WhatIfForm } from "@/app/(dashboard)/dashboard/lanes/what-if/what-if-form";
import { requireViewer } from "@/app/_server/session";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeading } from "@/components/ui/page-heading";
import { listKeys } from "@/lib/keys/read";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import { runtime } from "@/lib/runtime/runtime";

/** The one of Codex's models that works with every kind of lane and client. */
const MODEL_FIRST = "gpt-5.5";

export const metadata: Metadata = { title: "What if" };

export default async function WhatIfPage() {
  const viewer = await requireViewer();
  const { orm } = runtime().db;
  const [keys, prices] = await Promise.all([listKeys(orm, viewer, viewer), listCurrentPrices(orm)]);
  const models = prices.map(({ model }) => model);
  const usable = keys.filter(({ status }) => status === "active");
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading
        back={{ href: "/dashboard/lanes", label: "Lanes" }}
        title="Which lane would take it?"
        note="Describe a request and see what would happen to it now, and why. It is decided as a real one is; nothing is sent, and nothing that you type is stored."
      />
      {usable.length > 0 ? (
        <WhatIfForm
          keys={usable.map(({ id, name, prefix, lastFour }) => ({ value: id, label: `${name} (${prefix}…${lastFour})` }))}
          models={models}
          modelFirst={models.includes(MODEL_FIRST) ? MODEL_FIRST : models[0]}
        />
      ) : (
        <EmptyState title="No key in use">A request comes with an API key, which says which lanes it may use. Make one first.</EmptyState>
      )}
    </div>
  );
}

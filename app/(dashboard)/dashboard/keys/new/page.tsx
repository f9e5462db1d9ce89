import type { Metadata } from "next";
import { NewKeyForm } from "@/app/(dashboard)/dashboard/keys/new/new-key-form";
import { lowBudgetsOf } from "@/app/_server/low-budgets-of";
import { requireViewer } from "@/app/_server/session";
import { PageHeading } from "@/components/ui/page-heading";
import { NO_LIMITS } from "@/lib/keys/key-limits";
import { listLanes } from "@/lib/lanes/read";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "New API key" };

export default async function NewKeyPage() {
  const viewer = await requireViewer();
  const [lanes, { leastHoldUsd }] = await Promise.all([
    listLanes(runtime().db.orm, viewer, { userId: viewer.userId }),
    lowBudgetsOf(NO_LIMITS),
  ]);
  return (
    <div className="mx-auto max-w-2xl">
      <PageHeading title="New API key" back={{ href: "/dashboard/keys", label: "API keys" }} />
      <NewKeyForm lanes={lanes.map(({ id, label, kind }) => ({ id, label, kind }))} leastHoldUsd={leastHoldUsd} />
    </div>
  );
}

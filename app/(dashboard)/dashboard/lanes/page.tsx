import type { Metadata } from "next";
import Link from "next/link";
import { LaneList } from "@/app/(dashboard)/dashboard/lanes/lane-list";
import { Hydrated } from "@/app/_server/hydrated";
import { readLanes } from "@/app/_server/read-lanes";
import { requireViewer } from "@/app/_server/session";
import { lanesQuery } from "@/components/data/lanes-query";
import { LaneNotices } from "@/components/lanes/lane-notices";
import { buttonClass } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Lanes" };

export default async function LanesPage() {
  const viewer = await requireViewer();
  const lanes = await readLanes(viewer, viewer.userId);
  return (
    <Hydrated data={[{ queryKey: lanesQuery.queryKey, value: lanes }]}>
      <div className="mx-auto grid max-w-3xl gap-4">
        <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
          <div>
            <h1 className="text-xl font-semibold">Lanes</h1>
            <p className="text-sm text-muted">Each request is answered by the first lane from the top that can.</p>
          </div>
          <AddLane />
        </div>
        <LaneNotices lanes={lanes} />
        {lanes.rows.length > 0 ? (
          <LaneList spillMax={runtime().config.spillRequestsPerDay} />
        ) : (
          <EmptyState title="No lanes yet">
            Without one no request can be answered. Connect your ChatGPT account, or bring an API key of your own.
          </EmptyState>
        )}
      </div>
    </Hydrated>
  );
}

function AddLane() {
  return (
    <div className="flex flex-wrap gap-2">
      <Link href="/dashboard/lanes/connect" className={buttonClass("primary")}>
        Connect ChatGPT account
      </Link>
      <Link href="/dashboard/lanes/add-key" className={buttonClass()}>
        Add API key
      </Link>
      <Link href="/dashboard/lanes/what-if" className={buttonClass("quiet")}>
        What if…
      </Link>
    </div>
  );
}

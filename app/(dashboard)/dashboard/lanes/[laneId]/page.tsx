import type { Metadata } from "next";
import Link from "next/link";
import { CodexLane } from "@/app/(dashboard)/dashboard/lanes/[laneId]/codex-lane";
import { LaneHeading } from "@/app/(dashboard)/dashboard/lanes/[laneId]/lane-heading";
import { RemoveLane } from "@/app/(dashboard)/dashboard/lanes/[laneId]/remove-lane";
import { Hydrated } from "@/app/_server/hydrated";
import { ownLane } from "@/app/_server/own-lane";
import { readLanes } from "@/app/_server/read-lanes";
import { requireViewer } from "@/app/_server/session";
import { lanesQuery } from "@/components/data/lanes-query";
import { signInQuery } from "@/components/data/sign-in-query";
import { laneVia } from "@/components/lanes/lane-via";
import { BackLink } from "@/components/ui/back-link";
import { Card } from "@/components/ui/card";
import { Facts } from "@/components/ui/facts";
import { readSignIn } from "@/lib/codex/read-sign-in";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Lane" };

export default async function LanePage({ params }: { params: Promise<{ laneId: string }> }) {
  const viewer = await requireViewer();
  const { laneId } = await params;
  const lane = await ownLane(viewer, laneId);
  const [lanes, signIn] = await Promise.all([
    readLanes(viewer, viewer.userId),
    lane.account ? readSignIn(runtime().db.orm, viewer, { laneId }) : null,
  ]);
  return (
    <Hydrated
      data={[
        { queryKey: lanesQuery.queryKey, value: lanes },
        { queryKey: signInQuery(laneId).queryKey, value: signIn },
      ]}
    >
      <div className="mx-auto grid max-w-3xl gap-4">
        <BackLink href="/dashboard/lanes">Lanes</BackLink>
        <LaneHeading laneId={laneId} />
        {lane.account ? (
          <CodexLane viewer={viewer} lane={lane} account={lane.account} />
        ) : (
          <Card title="What answers here">
            <Facts
              rows={[
                { name: "Answers through", value: laneVia(lane) },
                { name: "Address", value: lane.baseUrl ?? "the provider of this installation" },
                {
                  name: "After Codex lanes",
                  value: (
                    <>
                      When it takes over is a choice of each API key:{" "}
                      <Link href="/dashboard#keys" className="text-accent underline underline-offset-2">
                        your keys
                      </Link>
                    </>
                  ),
                },
              ]}
            />
          </Card>
        )}
        {lane.kind !== "wallet" && <RemoveLane laneId={laneId} label={lane.label} isCodex={lane.kind === "codex"} />}
      </div>
    </Hydrated>
  );
}

import type { Metadata } from "next";
import { NewKeyForm } from "@/app/(dashboard)/dashboard/keys/new/new-key-form";
import { requireViewer } from "@/app/_server/session";
import { PageHeading } from "@/components/ui/page-heading";
import { listLanes } from "@/lib/lanes/read";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "New API key" };

export default async function NewKeyPage() {
  const viewer = await requireViewer();
  const lanes = await listLanes(runtime().db.orm, viewer, { userId: viewer.userId });
  return (
    <div className="mx-auto max-w-2xl">
      <PageHeading title="New API key" back={{ href: "/dashboard/keys", label: "API keys" }} />
      <NewKeyForm lanes={lanes.map(({ id, label, kind }) => ({ id, label, kind }))} />
    </div>
  );
}

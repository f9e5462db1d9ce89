import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { detailLinks } from "@/app/(dashboard)/dashboard/requests/detail-links";
import { REQUESTS_PATH } from "@/app/(dashboard)/dashboard/requests/query";
import { requireViewer } from "@/app/_server/session";
import { RequestDetail } from "@/components/requests/request-detail";
import { BackLink } from "@/components/ui/back-link";
import { AppError } from "@/lib/errors/app-error";
import { findRequestDetail } from "@/lib/requests/read-detail";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Request" };

/** Admins see everybody's; the links of the owner's log are the owner's. */
export default async function RequestPage({ params }: { params: Promise<{ requestId: string }> }) {
  const viewer = await requireViewer();
  const { requestId } = await params;
  const { config, db } = runtime();
  const request = await findRequestDetail(db.orm, viewer, { requestId }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  });
  const isOwn = request.userId === viewer.userId;
  return (
    <div className="mx-auto grid max-w-3xl gap-4">
      <BackLink href={isOwn ? REQUESTS_PATH : `/admin/users/${request.userId}`}>{isOwn ? "Requests" : "The customer"}</BackLink>
      <h1 className="text-xl font-semibold wrap-anywhere">{request.model ?? request.path}</h1>
      <section className="rounded-lg border border-line bg-panel p-4 sm:p-5">
        <RequestDetail
          request={request}
          publicUrl={config.publicUrl}
          links={isOwn ? detailLinks(request) : { keyHref: null, laneHref: null, projectHref: null, threadHref: null }}
        />
      </section>
    </div>
  );
}

import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { readLanes } from "@/app/_server/read-lanes";
import { requestPage } from "@/app/_server/request-page";
import { requireViewer } from "@/app/_server/session";
import { RoleBadge } from "@/components/admin/users-table";
import { KeysTable } from "@/components/dashboard/keys-table";
import { LanesTable } from "@/components/dashboard/lanes-table";
import { RequestsCard } from "@/components/dashboard/requests-card";
import { WalletFigures } from "@/components/dashboard/wallet-figures";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { LocalTime } from "@/components/ui/local-time";
import { AppError } from "@/lib/errors/app-error";
import { isId } from "@/lib/ids/ids";
import { listKeys } from "@/lib/keys/read";
import { runtime } from "@/lib/runtime/runtime";
import { readUser } from "@/lib/users/read";

export const metadata: Metadata = { title: "User" };

const REQUESTS_SHOWN = 50;

type Props = { params: Promise<{ id: string }>; searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function UserPage({ params, searchParams }: Props) {
  const viewer = await requireViewer("admin");
  const { id: userId } = await params;
  if (!isId(userId)) notFound();
  const { orm } = runtime().db;
  const user = await readUser(orm, viewer, { userId }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  });
  const [keys, lanes, requests] = await Promise.all([
    listKeys(orm, viewer, { userId }),
    readLanes(viewer, userId),
    requestPage(viewer, { userId, limit: REQUESTS_SHOWN, query: await searchParams }),
  ]);
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <h1 className="text-xl font-semibold wrap-anywhere">{user.username}</h1>
        <RoleBadge role={user.role} status={user.status} />
        {user.email && <span className="text-sm text-muted wrap-anywhere">{user.email}</span>}
        <span className="text-sm text-muted">
          since <LocalTime iso={user.createdAt} />
        </span>
      </div>
      <div className="grid gap-4 lg:grid-cols-[20rem_1fr]">
        <Card title="Wallet">
          <WalletFigures wallet={user.wallet} />
        </Card>
        <Card title="Lanes" note="Tried from the top.">
          {lanes.rows.length > 0 ? <LanesTable lanes={lanes} wallet={user.wallet} /> : <EmptyState title="No lanes" />}
        </Card>
      </div>
      <RequestsCard {...requests} path={`/admin/users/${userId}`} />
      <Card title="API keys">{keys.length > 0 ? <KeysTable rows={keys} /> : <EmptyState title="No keys" />}</Card>
    </div>
  );
}

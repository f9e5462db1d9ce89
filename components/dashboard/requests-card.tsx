import Link from "next/link";
import type { ReactNode } from "react";
import { RequestsTable } from "@/components/dashboard/requests-table";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import type { RequestPage } from "@/lib/requests/read";

type Props = {
  page: RequestPage;
  /** The address of the screen; the older pages are at its `?before=`. */
  path: string;
  isNewest: boolean;
  /** What to do for the first request. */
  hint?: ReactNode;
  className?: string;
};

const ANCHOR = "requests";

export function RequestsCard({ page: { rows, nextCursor }, path, isNewest, hint, className }: Props) {
  return (
    <Card
      id={ANCHOR}
      title={isNewest ? "Last requests" : "Older requests"}
      aside={isNewest && nextCursor && `The newest ${rows.length}`}
      className={className}
    >
      {rows.length > 0 ? (
        <RequestsTable rows={rows} />
      ) : isNewest ? (
        <EmptyState title="No requests yet">{hint}</EmptyState>
      ) : (
        <EmptyState title="No older requests" />
      )}
      {(nextCursor || !isNewest) && (
        <nav aria-label="Requests" className="mt-4 flex flex-wrap gap-2">
          {!isNewest && (
            <Link href={`${path}#${ANCHOR}`} className={buttonClass()}>
              Newest
            </Link>
          )}
          {nextCursor && (
            <Link href={`${path}?before=${nextCursor}#${ANCHOR}`} className={buttonClass()}>
              Older
            </Link>
          )}
        </nav>
      )}
    </Card>
  );
}

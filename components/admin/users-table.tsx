import Link from "next/link";
import { Badge } from "@/components/ui/badge";
import { DataTable, type Column } from "@/components/ui/data-table";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import type { UserView } from "@/lib/users/read";

const WHOLE = new Intl.NumberFormat("en-US");

const COLUMNS: Column<UserView>[] = [
  {
    name: "User",
    cell: ({ id, username }) => (
      <Link
        href={`/admin/users/${id}`}
        className="-my-2.5 inline-flex min-h-target items-center font-medium text-accent underline-offset-2 hover:underline"
      >
        {username}
      </Link>
    ),
  },
  { name: "E-mail", cell: ({ email }) => email ?? "–" },
  { name: "Role", cell: ({ role, status }) => <RoleBadge role={role} status={status} /> },
  { name: "Balance", numeric: true, cell: ({ wallet }) => <Money usd={wallet.availableUsd} aligned /> },
  { name: "Held", numeric: true, cell: ({ wallet }) => <Money usd={wallet.heldUsd} aligned /> },
  { name: "Requests", numeric: true, cell: ({ requestsCount }) => WHOLE.format(requestsCount) },
  { name: "Last seen", cell: ({ lastSeenAt }) => (lastSeenAt ? <LocalTime iso={lastSeenAt} /> : "Never") },
];

export function UsersTable({ rows }: { rows: readonly UserView[] }) {
  return <DataTable caption="Users" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />;
}

export function RoleBadge({ role, status }: Pick<UserView, "role" | "status">) {
  return (
    <span className="inline-flex gap-1">
      <Badge>{role}</Badge>
      {status !== "active" && <Badge tone={status === "suspended" || status === "rejected" ? "bad" : "warn"}>{status}</Badge>}
    </span>
  );
}

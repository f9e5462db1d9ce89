import type { Metadata } from "next";
import { adminLine } from "@/app/_server/admin-line";
import { requireViewer } from "@/app/_server/session";
import { AlarmsTable } from "@/components/admin/alarms-table";
import { ProvidersTable } from "@/components/admin/providers-table";
import { UsersTable } from "@/components/admin/users-table";
import { CommandLine } from "@/components/dashboard/command-line";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeading } from "@/components/ui/page-heading";
import { listAlarms } from "@/lib/audit/read-alarms";
import { listProviders } from "@/lib/providers/read";
import { runtime } from "@/lib/runtime/runtime";
import { listUsers } from "@/lib/users/read";

export const metadata: Metadata = { title: "Users" };

export default async function AdminPage() {
  const viewer = await requireViewer("admin");
  const { config, db } = runtime();
  const { orm } = db;
  const line = (command: string) => adminLine(config, command);
  const [users, providers, alarms] = await Promise.all([listUsers(orm, viewer), listProviders(orm, viewer), listAlarms(orm, viewer)]);
  return (
    <>
      <PageHeading title="Administration" />
      <div className="grid gap-4">
        {alarms.length > 0 && (
          <Card title="Open alarms" aside={alarms.length}>
            <AlarmsTable rows={alarms} />
          </Card>
        )}
        <Card title="Users" aside={`${users.length} in all`}>
          <UsersTable rows={users} />
          {users.every(({ role }) => role === "admin") && (
            <div className="mt-4">
              <EmptyState title="No customers yet">
                Make the first one on the server:{" "}
                <code className="font-mono text-xs text-ink">{line("customer create --username ada --credit-usd 10")}</code>
              </EmptyState>
            </div>
          )}
        </Card>
        <Card title="Changes" note="Customers, credit, one-time passwords and providers are changed on the server's command line.">
          <CommandLine title="What it can do" line={line("--help")} what="the help line" />
        </Card>
        <Card title="Providers" note="The one in use answers for the wallets.">
          {providers.length > 0 ? (
            <ProvidersTable rows={providers} />
          ) : (
            <EmptyState title="No provider">
              Wallet lanes cannot answer. Add one on the server: <code className="font-mono text-xs text-ink">{line("provider add")}</code>
            </EmptyState>
          )}
        </Card>
      </div>
    </>
  );
}

import type { Metadata } from "next";
import { CanaryForm } from "@/app/(admin)/admin/lanes/canary-form";
import { CodexSwitch } from "@/app/(admin)/admin/lanes/codex-switch";
import { requireViewer } from "@/app/_server/session";
import { FleetTable } from "@/components/admin/fleet-table";
import { RunnersTable } from "@/components/admin/runners-table";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeading } from "@/components/ui/page-heading";
import { listFleetAccounts, listRunners, type FleetAccountView } from "@/lib/codex/read-fleet";
import { CODEX_TARBALL_INTEGRITY } from "@/lib/openai/codex-release";
import { runtime } from "@/lib/runtime/runtime";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";

export const metadata: Metadata = { title: "Lanes" };

export default async function AdminLanesPage() {
  const viewer = await requireViewer("admin");
  const { config, db } = runtime();
  const [accounts, runners, codexOn] = await Promise.all([
    listFleetAccounts(db.orm, viewer),
    listRunners(db.orm, viewer),
    areCodexLanesOn(db.orm),
  ]);
  const versions = Object.keys(CODEX_TARBALL_INTEGRITY).filter((version) => version !== config.codexVersion);
  const canary = (account: FleetAccountView) => (
    <CanaryForm accountId={account.id} version={account.codexVersionCanary} versions={versions} />
  );
  return (
    <>
      <PageHeading title="Codex lanes" />
      <div className="grid gap-4">
        <Card
          title="Codex lanes for everybody"
          note="Off: no Codex lane answers and no account can be connected. Sign-ins, logs and all other lanes carry on."
        >
          <CodexSwitch isOn={codexOn} />
        </Card>
        <Card
          title="ChatGPT accounts"
          aside={`${accounts.length} in all`}
          note={`Codex CLI ${config.codexVersion} unless an account runs another one ahead.`}
        >
          {accounts.length > 0 ? (
            <FleetTable rows={accounts} canary={versions.length > 0 ? canary : undefined} />
          ) : (
            <EmptyState title="No account is connected">Customers connect their own under “Lanes”.</EmptyState>
          )}
        </Card>
        <Card title="Runners" aside={`${runners.length} known`} note="Each drives the containers of one machine.">
          {runners.length > 0 ? (
            <RunnersTable rows={runners} />
          ) : (
            <EmptyState title="No runner">
              Codex lanes cannot answer. <code className="font-mono text-xs text-ink">npm start</code> starts one unless CODEX_LANES is off.
            </EmptyState>
          )}
        </Card>
      </div>
    </>
  );
}

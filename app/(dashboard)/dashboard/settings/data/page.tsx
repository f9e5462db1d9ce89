import type { Metadata } from "next";
import { DeleteForm } from "@/app/(dashboard)/dashboard/settings/data/delete-form";
import { ExportForm } from "@/app/(dashboard)/dashboard/settings/data/export-form";
import { requireViewer } from "@/app/_server/session";
import { LostCredit } from "@/components/settings/lost-credit";
import { SettingsFrame } from "@/components/settings/settings-frame";
import { Card } from "@/components/ui/card";
import { runtime } from "@/lib/runtime/runtime";
import { ERASED_EVERY_HOURS } from "@/lib/users/erase-traces";
import { readSecurity } from "@/lib/users/read-security";
import { readWallet } from "@/lib/wallet/read";

export const metadata: Metadata = { title: "Your data" };

export default async function DataPage() {
  const viewer = await requireViewer();
  const { config, db, clock } = runtime();
  const { userId } = viewer;
  const [security, wallet] = await Promise.all([
    readSecurity(db.orm, viewer, { userId, now: clock.now() }),
    readWallet(db.orm, viewer, { userId }),
  ]);
  const asksCode = security.totp === "on";
  return (
    <SettingsFrame current="data">
      <Card title="Export your data" note="Everything that is stored about you, as one file.">
        <div className="grid gap-4">
          <p className="max-w-prose text-sm">
            Profile, keys and lanes without their secrets, wallet and ledger, the whole request log, sessions, agreements, and which mails
            were sent. One JSON object per line; prompts and answers are not in it, because they are not stored.
          </p>
          <ExportForm asksCode={asksCode} />
        </div>
      </Card>
      <Card title="Delete the account">
        <div className="grid gap-4">
          <div className="max-w-prose text-sm">
            <p>This cannot be undone. When you delete the account:</p>
            <ul className="mt-2 grid list-disc gap-1.5 pl-5">
              <li>Every API key is revoked at once. Requests that are running finish, and are charged.</li>
              <li>Your ChatGPT accounts are signed out here and their containers’ homes deleted. At OpenAI nothing changes.</li>
              <li>The keys of your API key lanes are wiped, with the lanes.</li>
              <li>Every session ends, on all devices.</li>
              <li>
                Username, addresses, password, two-factor secret, names that you gave, and from where you came are removed. The username is
                free for others.
              </li>
              <li>
                The ledger is kept without your name, as books have to be. The request log keeps models, tokens, times and costs, because
                the ledger refers to them; addresses, threads, projects and error texts are taken out within {ERASED_EVERY_HOURS * 60}{" "}
                minutes.
              </li>
              <li>The address that you have here gets one last mail.</li>
            </ul>
          </div>
          <LostCredit availableUsd={wallet.availableUsd} supportEmail={config.supportEmail} />
          <DeleteForm username={viewer.username} asksCode={asksCode} />
        </div>
      </Card>
    </SettingsFrame>
  );
}

import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { DeleteForm } from "@/app/(dashboard)/dashboard/settings/data/delete-form";
import { ExportForm } from "@/app/(dashboard)/dashboard/settings/data/export-form";
import { signedIn } from "@/app/_server/session";
import { CenteredPage } from "@/components/layout/centered-page";
import { LostCredit } from "@/components/settings/lost-credit";
import { BackLink } from "@/components/ui/back-link";
import { runtime } from "@/lib/runtime/runtime";
import { readSecurity } from "@/lib/users/read-security";
import { readWallet } from "@/lib/wallet/read";

export const metadata: Metadata = { title: "Your data" };

/** For whom the settings are not open: who has yet to confirm an address or to be let in, was refused, or is suspended. */
export default async function WelcomeDataPage() {
  const session = await signedIn();
  if (!session) redirect("/sign-in");
  const { viewer, status } = session;
  if (status === "active") redirect("/dashboard/settings/data");
  const { config, db, clock } = runtime();
  const { userId, username } = viewer;
  const [security, wallet] = await Promise.all([
    readSecurity(db.orm, viewer, { userId, now: clock.now() }),
    readWallet(db.orm, viewer, { userId }),
  ]);
  const asksCode = security.totp === "on";
  return (
    <CenteredPage brandName={config.brandName}>
      <BackLink href="/welcome">Your account</BackLink>
      <h1 className="mt-2 text-xl font-semibold">Your data</h1>
      <p className="mt-1 text-sm text-muted">
        Signed in as <span className="font-medium text-ink wrap-anywhere">{username}</span>
      </p>
      <section className="mt-6 grid gap-4 border-t border-line pt-6">
        <h2 className="font-medium">Export your data</h2>
        <p className="text-sm text-muted">Everything that is stored about you, as one file: one JSON object per line.</p>
        <ExportForm asksCode={asksCode} />
      </section>
      <section className="mt-8 grid gap-4 border-t border-line pt-6">
        <h2 className="font-medium">Delete the account</h2>
        <p className="text-sm text-muted">
          This cannot be undone. Whatever says who you are is removed, keys and lanes are gone, and the username is free for others. What
          was charged is kept without your name, as books have to be.
        </p>
        <LostCredit availableUsd={wallet.availableUsd} supportEmail={config.supportEmail} />
        <DeleteForm username={username} asksCode={asksCode} />
      </section>
    </CenteredPage>
  );
}

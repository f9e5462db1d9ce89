import type { Metadata } from "next";
import { confirmEmailChangeAction } from "@/app/(auth)/change-email/[secret]/actions";
import { ConfirmAddressForm } from "@/app/(auth)/confirm-address-form";
import { CenteredPage } from "@/components/layout/centered-page";
import { DeadLink } from "@/components/layout/dead-link";
import { runtime } from "@/lib/runtime/runtime";
import { findUserById } from "@/lib/users/find-user";
import { readLink } from "@/lib/users/mail-links";

export const metadata: Metadata = { title: "Confirm your new address", robots: "noindex" };

/** Opening the link changes nothing: mail programs open links by themselves. */
export default async function ChangeEmailPage({ params }: { params: Promise<{ secret: string }> }) {
  const { secret } = await params;
  const { config, db, clock } = runtime();
  const link = await readLink(db.orm, { kind: "change_email", secret, now: clock.now() });
  const user = link && (await findUserById(db.orm, link.userId));
  return (
    <CenteredPage brandName={config.brandName}>
      {link && user ? (
        <>
          <h1 className="text-xl font-semibold">Confirm your new address</h1>
          <p className="mt-2 mb-5 text-sm text-muted">
            <span className="font-medium text-ink wrap-anywhere">{link.email}</span> becomes the address of the account{" "}
            <span className="font-medium text-ink wrap-anywhere">{user.username}</span>
            {user.email !== null && (
              <>
                , in the place of <span className="wrap-anywhere">{user.email}</span>, which is told
              </>
            )}
            .
          </p>
          <ConfirmAddressForm action={confirmEmailChangeAction} secret={secret} />
        </>
      ) : (
        <DeadLink next={{ href: "/dashboard", label: "To the dashboard" }}>Ask for a new one in your settings.</DeadLink>
      )}
    </CenteredPage>
  );
}

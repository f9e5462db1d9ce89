import type { Metadata } from "next";
import { ConfirmAddressForm } from "@/app/(auth)/confirm-address-form";
import { verifyEmailAction } from "@/app/(auth)/verify/[secret]/actions";
import { DeadLink } from "@/components/layout/dead-link";
import { CenteredPage } from "@/components/layout/centered-page";
import { runtime } from "@/lib/runtime/runtime";
import { findUserById } from "@/lib/users/find-user";
import { readLink } from "@/lib/users/mail-links";

export const metadata: Metadata = { title: "Confirm your address", robots: "noindex" };

/** Opening the link changes nothing: mail programs open links by themselves. */
export default async function VerifyPage({ params }: { params: Promise<{ secret: string }> }) {
  const { secret } = await params;
  const { config, db, clock } = runtime();
  const link = await readLink(db.orm, { kind: "verify_email", secret, now: clock.now() });
  const user = link && (await findUserById(db.orm, link.userId));
  return (
    <CenteredPage brandName={config.brandName}>
      {link && user ? (
        <>
          <h1 className="text-xl font-semibold">Confirm your address</h1>
          <p className="mt-2 mb-5 text-sm text-muted">
            <span className="font-medium text-ink wrap-anywhere">{link.email}</span> becomes the address of the account{" "}
            <span className="font-medium text-ink wrap-anywhere">{user.username}</span>. Is that not your account? Then close this page.
          </p>
          <ConfirmAddressForm action={verifyEmailAction} secret={secret} />
        </>
      ) : (
        <DeadLink next={{ href: "/sign-in", label: "Sign in" }}>
          If your address is not confirmed yet, sign in: there you get a new link.
        </DeadLink>
      )}
    </CenteredPage>
  );
}

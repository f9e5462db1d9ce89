import type { Metadata } from "next";
import { ResetForm } from "@/app/(auth)/reset-password/[secret]/reset-form";
import { CenteredPage } from "@/components/layout/centered-page";
import { DeadLink } from "@/components/layout/dead-link";
import { runtime } from "@/lib/runtime/runtime";
import { findUserById } from "@/lib/users/find-user";
import { readLink } from "@/lib/users/mail-links";
import { PASSWORD_LENGTH_MIN } from "@/lib/users/password-rules";

export const metadata: Metadata = { title: "New password", robots: "noindex" };

/** Opening the link changes nothing: mail programs open links by themselves. */
export default async function ResetPasswordPage({ params }: { params: Promise<{ secret: string }> }) {
  const { secret } = await params;
  const { config, db, clock } = runtime();
  const link = await readLink(db.orm, { kind: "reset_password", secret, now: clock.now() });
  const user = link && (await findUserById(db.orm, link.userId));
  return (
    <CenteredPage brandName={config.brandName}>
      {user ? (
        <>
          <h1 className="text-xl font-semibold">Choose a new password</h1>
          <p className="mt-2 mb-5 text-sm text-muted">
            For the account <span className="font-medium text-ink wrap-anywhere">{user.username}</span>. Every session that is open ends.
            {user.totpConfirmedAt && " Your authenticator stays: its code is asked for when you sign in."}
          </p>
          <ResetForm secret={secret} username={user.username} lengthMin={PASSWORD_LENGTH_MIN} />
        </>
      ) : (
        <DeadLink next={{ href: "/reset-password", label: "Ask for a new link" }}>
          A link for a new password works once, for one hour.
        </DeadLink>
      )}
    </CenteredPage>
  );
}

import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { ChangePasswordForm } from "@/app/(auth)/change-password/change-password-form";
import { SignOutEverywhere } from "@/app/(auth)/change-password/sign-out-everywhere";
import { signOut } from "@/app/(auth)/sign-out";
import { signedIn } from "@/app/_server/session";
import { CenteredPage } from "@/components/layout/centered-page";
import { Button } from "@/components/ui/button";
import { runtime } from "@/lib/runtime/runtime";
import { findUserById } from "@/lib/users/find-user";
import { PASSWORD_LENGTH_MIN } from "@/lib/users/password-rules";

export const metadata: Metadata = { title: "Change password" };

export default async function ChangePasswordPage() {
  const session = await signedIn();
  if (!session) redirect("/sign-in");
  if (session.status !== "active") redirect("/welcome");
  const { viewer, mustChangePassword } = session;
  const { config, db } = runtime();
  const user = await findUserById(db.orm, viewer.userId);
  return (
    <CenteredPage brandName={config.brandName}>
      <h1 className="text-xl font-semibold">{mustChangePassword ? "Choose your password" : "Change password"}</h1>
      <p className="mt-2 mb-5 text-sm text-muted">
        {mustChangePassword
          ? `You are signed in as ${viewer.username} with a one-time password. It is used up now: choose your own to go on.`
          : `You are signed in as ${viewer.username}. Your other devices are signed out when the password changes.`}
      </p>
      <ChangePasswordForm
        username={viewer.username}
        asksCurrent={!mustChangePassword}
        asksCode={Boolean(user?.totpConfirmedAt)}
        lengthMin={PASSWORD_LENGTH_MIN}
      />
      <div className="mt-8 grid gap-3 border-t border-line pt-6">
        {mustChangePassword ? (
          <form action={signOut} className="grid">
            <Button type="submit">Sign out</Button>
          </form>
        ) : (
          <SignOutEverywhere />
        )}
      </div>
    </CenteredPage>
  );
}

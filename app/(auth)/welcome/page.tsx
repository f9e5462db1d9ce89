import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { signOut } from "@/app/(auth)/sign-out";
import { ConfirmAddress } from "@/app/(auth)/welcome/confirm-address";
import { homePath } from "@/app/_server/home-path";
import { signedIn } from "@/app/_server/session";
import { CenteredPage } from "@/components/layout/centered-page";
import { Button, buttonClass } from "@/components/ui/button";
import { runtime } from "@/lib/runtime/runtime";
import { REJECTED_KEPT_DAYS } from "@/lib/users/drop-sign-ups";
import { findUserById } from "@/lib/users/find-user";
import { lastLinkEmail } from "@/lib/users/mail-links";

export const metadata: Metadata = { title: "Your account" };

/** All that a user sees who is not active: what it waits for, and the way to what is stored about them. */
export default async function WelcomePage() {
  const session = await signedIn();
  if (!session) redirect("/sign-in");
  const { viewer, status } = session;
  if (status === "active") redirect(homePath(session));
  const { config, db } = runtime();
  const { userId } = viewer;
  const support = config.supportEmail;
  return (
    <CenteredPage brandName={config.brandName}>
      {status === "unverified" && (
        <>
          <Heading title="Confirm your address" username={viewer.username} />
          <ConfirmAddress email={(await lastLinkEmail(db.orm, { userId, kind: "verify_email" })) ?? ""} />
        </>
      )}
      {status === "pending" && (
        <>
          <Heading title="An admin will look at it" username={viewer.username} />
          <p className="text-sm text-muted">
            Your address is confirmed. As soon as somebody has looked at your sign-up, you get a mail at{" "}
            <span className="font-medium text-ink wrap-anywhere">{(await findUserById(db.orm, userId))?.email}</span>. There is nothing else
            to do.
          </p>
        </>
      )}
      {status === "rejected" && (
        <>
          <Heading title="Your sign-up was refused" username={viewer.username} />
          <p className="text-sm text-muted">
            The operator cannot open an account for you. <Support email={support} /> What you told us is deleted {REJECTED_KEPT_DAYS} days
            after the refusal, or when you do it yourself.
          </p>
        </>
      )}
      {(status === "suspended" || status === "deleted") && (
        <>
          <Heading title="This account is suspended" username={viewer.username} />
          <p className="text-sm text-muted">
            Its keys are refused and its screens are closed; its balance stays as it is. <Support email={support} />
          </p>
        </>
      )}
      <div className="mt-8 grid gap-3 border-t border-line pt-6">
        <form action={signOut} className="grid">
          <Button type="submit">Sign out</Button>
        </form>
        <Link href="/welcome/data" className={buttonClass("quiet")}>
          Export or delete your data
        </Link>
      </div>
    </CenteredPage>
  );
}

function Heading({ title, username }: { title: string; username: string }): ReactNode {
  return (
    <>
      <h1 className="text-xl font-semibold">{title}</h1>
      <p className="mt-1 mb-5 text-sm text-muted">
        Signed in as <span className="font-medium text-ink wrap-anywhere">{username}</span>
      </p>
    </>
  );
}

function Support({ email }: { email: string | null }): ReactNode {
  if (email === null) return "Ask the operator.";
  return (
    <>
      Write to{" "}
      <a href={`mailto:${email}`} className="text-accent underline underline-offset-2">
        {email}
      </a>
      .
    </>
  );
}

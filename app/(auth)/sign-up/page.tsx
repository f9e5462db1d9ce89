import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { SignUpForm } from "@/app/(auth)/sign-up/sign-up-form";
import { homePath } from "@/app/_server/home-path";
import { signedIn } from "@/app/_server/session";
import { CenteredPage } from "@/components/layout/centered-page";
import { runtime } from "@/lib/runtime/runtime";
import { PASSWORD_LENGTH_MIN } from "@/lib/users/password-rules";
import { TERMS_VERSION } from "@/lib/users/terms-version";

export const metadata: Metadata = { title: "Sign up" };

export default async function SignUpPage() {
  const session = await signedIn();
  if (session) redirect(homePath(session));
  const { brandName, signUp, supportEmail } = runtime().config;
  if (signUp === "closed") {
    return (
      <CenteredPage brandName={brandName}>
        <h1 className="text-xl font-semibold">Sign-up is closed</h1>
        <p className="mt-2 text-muted">
          Accounts at {brandName} are made by the operator.{" "}
          {supportEmail !== null && (
            <>
              Ask for one at{" "}
              <a href={`mailto:${supportEmail}`} className="text-accent underline underline-offset-2">
                {supportEmail}
              </a>
              .
            </>
          )}
        </p>
        <SignInLink />
      </CenteredPage>
    );
  }
  return (
    <CenteredPage brandName={brandName}>
      <h1 className="text-xl font-semibold">Sign up</h1>
      <p className="mt-2 mb-5 text-sm text-muted">
        {signUp === "review"
          ? "You confirm your address by mail, then an admin looks at your sign-up and lets you in."
          : "You confirm your address by mail, and then everything is open. It costs nothing until you use it."}
      </p>
      <SignUpForm asksNote={signUp === "review"} lengthMin={PASSWORD_LENGTH_MIN} termsVersion={TERMS_VERSION} />
      <SignInLink />
    </CenteredPage>
  );
}

function SignInLink() {
  return (
    <p className="mt-6 flex flex-wrap items-center gap-x-1.5 border-t border-line pt-3 text-sm text-muted">
      Do you have an account?
      <Link href="/sign-in" className="inline-flex min-h-target items-center text-accent underline-offset-2 hover:underline">
        Sign in
      </Link>
    </p>
  );
}

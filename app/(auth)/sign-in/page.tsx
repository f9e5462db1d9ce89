import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { SignInForm } from "@/app/(auth)/sign-in/sign-in-form";
import { homePath } from "@/app/_server/home-path";
import { signedIn } from "@/app/_server/session";
import { CenteredPage } from "@/components/layout/centered-page";
import { Banner } from "@/components/ui/banner";
import { ownPath } from "@/lib/http/own-path";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Sign in" };

const NOTICES: Readonly<Record<string, string>> = {
  confirmed: "Your address is confirmed. Sign in to go on.",
  password: "Your new password is set, and every session has ended. Sign in with it.",
  expired: "That took too long. Give your password once more.",
};

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function SignInPage({ searchParams }: Props) {
  const query = await searchParams;
  const to = ownPath([query["to"]].flat()[0]);
  const session = await signedIn();
  if (session) redirect(session.status === "active" && !session.mustChangePassword && to !== null ? to : homePath(session));
  const { brandName, signUp } = runtime().config;
  const notice = NOTICES[[query["notice"]].flat()[0] ?? ""];
  return (
    <CenteredPage brandName={brandName}>
      <h1 className="mb-5 text-xl font-semibold">Sign in</h1>
      {notice && (
        <div className="mb-5">
          <Banner>{notice}</Banner>
        </div>
      )}
      <SignInForm to={to} />
      <div className="mt-6 grid border-t border-line pt-3 text-sm">
        <Link href="/reset-password" className="inline-flex min-h-target items-center text-accent underline-offset-2 hover:underline">
          Forgot your password?
        </Link>
        {signUp === "closed" ? (
          <p className="text-muted">Accounts are made by the operator, who also makes a new one-time password if yours is lost.</p>
        ) : (
          <p className="flex flex-wrap items-center gap-x-1.5 text-muted">
            No account yet?
            <Link href="/sign-up" className="inline-flex min-h-target items-center text-accent underline-offset-2 hover:underline">
              Sign up
            </Link>
          </p>
        )}
      </div>
    </CenteredPage>
  );
}

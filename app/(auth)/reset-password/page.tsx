import type { Metadata } from "next";
import Link from "next/link";
import { RequestForm } from "@/app/(auth)/reset-password/request-form";
import { CenteredPage } from "@/components/layout/centered-page";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "New password" };

export default function ResetPasswordPage() {
  return (
    <CenteredPage brandName={runtime().config.brandName}>
      <h1 className="text-xl font-semibold">Set a new password</h1>
      <p className="mt-2 mb-5 text-sm text-muted">Give the address of your account. You get a link with which you choose a new password.</p>
      <RequestForm />
      <div className="mt-6 grid justify-items-start border-t border-line pt-3 text-sm">
        <Link href="/sign-in" className="inline-flex min-h-target items-center text-accent underline-offset-2 hover:underline">
          Back to the sign-in
        </Link>
        <p className="text-muted">Has your account no address? Then the operator makes a one-time password for you.</p>
      </div>
    </CenteredPage>
  );
}

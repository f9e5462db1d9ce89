import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { SignInForm } from "@/app/(auth)/sign-in/sign-in-form";
import { signedIn } from "@/app/_server/session";
import { CenteredPage } from "@/components/layout/centered-page";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage() {
  if (await signedIn()) redirect("/");
  return (
    <CenteredPage brandName={runtime().config.brandName}>
      <h1 className="mb-5 text-xl font-semibold">Sign in</h1>
      <SignInForm />
    </CenteredPage>
  );
}

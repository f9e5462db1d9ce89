import type { Metadata } from "next";
import Link from "next/link";
import { CenteredPage } from "@/components/layout/centered-page";
import { buttonClass } from "@/components/ui/button";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Account deleted" };
export const dynamic = "force-dynamic";

export default function AccountDeletedPage() {
  return (
    <CenteredPage brandName={runtime().config.brandName}>
      <h1 className="text-xl font-semibold">Your account is deleted</h1>
      <p className="mt-2 mb-6 text-sm text-muted">
        You are signed out everywhere, and your keys are worth nothing. A last mail says so at the address that you had confirmed here. Undo
        the setup on your machines, or Codex goes on asking with a key that is gone.
      </p>
      <Link href="/docs/codex-cli" className={buttonClass()}>
        How to undo the setup
      </Link>
    </CenteredPage>
  );
}

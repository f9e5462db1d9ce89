import type { Metadata } from "next";
import Link from "next/link";
import { CenteredPage } from "@/components/layout/centered-page";
import { buttonClass } from "@/components/ui/button";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Address changed", robots: "noindex" };

export default function AddressChangedPage() {
  return (
    <CenteredPage brandName={runtime().config.brandName}>
      <h1 className="text-xl font-semibold">Your address is changed</h1>
      <p className="mt-2 mb-5 text-sm text-muted">You sign in with it from now on, or with your username. Mails go there.</p>
      <Link href="/dashboard" className={buttonClass("primary")}>
        To the dashboard
      </Link>
    </CenteredPage>
  );
}

import type { Metadata } from "next";
import type { ReactNode } from "react";
import { signedIn } from "@/app/_server/session";
import { SiteFooter } from "@/components/site/site-footer";
import { SiteHeader } from "@/components/site/site-header";
import { runtime } from "@/lib/runtime/runtime";

export function generateMetadata(): Metadata {
  const { brandName, publicUrl } = runtime().config;
  return {
    metadataBase: new URL(publicUrl),
    openGraph: { siteName: brandName, type: "website", locale: "en" },
    twitter: { card: "summary_large_image" },
  };
}

export default async function SiteLayout({ children }: { children: ReactNode }) {
  const session = await signedIn();
  const { brandName, operatorName, signUp } = runtime().config;
  const dashboardHref = session ? (session.viewer.role === "admin" ? "/admin" : "/dashboard") : null;
  return (
    <>
      <SiteHeader brandName={brandName} dashboardHref={dashboardHref} canSignUp={signUp !== "closed"} />
      <main id="main" className="flex-1">
        {children}
      </main>
      <SiteFooter brandName={brandName} operatorName={operatorName ?? brandName} />
    </>
  );
}

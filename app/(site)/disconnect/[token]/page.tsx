import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { DisconnectForm } from "@/app/(site)/disconnect/[token]/disconnect-form";
import { CenteredPage } from "@/components/layout/centered-page";
import { readDisconnectToken } from "@/lib/codex/disconnect-link";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Disconnect a ChatGPT account", robots: "noindex", referrer: "no-referrer" };

/** Opening the link changes nothing: mail programs open links by themselves. */
export default async function DisconnectPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const { brandName, masterKey } = runtime().config;
  if (readDisconnectToken(masterKey, token) === null) notFound();
  return (
    <CenteredPage brandName={brandName}>
      <h1 className="text-xl font-semibold">Disconnect your ChatGPT account</h1>
      <p className="mt-2 mb-5 text-sm text-muted">
        It is signed out of {brandName} at once, and answers nothing here any more. Nothing else of your ChatGPT account changes.
      </p>
      <DisconnectForm token={token} />
    </CenteredPage>
  );
}

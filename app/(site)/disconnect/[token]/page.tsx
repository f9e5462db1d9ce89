import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { DisconnectForm } from "@/app/(site)/disconnect/[token]/disconnect-form";
import { SitePage } from "@/components/site/site-page";
import { readDisconnectToken } from "@/lib/codex/disconnect-link";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Disconnect a ChatGPT account", robots: "noindex" };

/** Opening the link changes nothing: mail programs open links by themselves. */
export default async function DisconnectPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const { brandName, masterKey } = runtime().config;
  if (readDisconnectToken(masterKey, token) === null) notFound();
  return (
    <SitePage
      narrow
      title="Disconnect your ChatGPT account"
      lead={`It is signed out of ${brandName} at once, and answers nothing here any more. Nothing else of your ChatGPT account changes.`}
    >
      <DisconnectForm token={token} />
    </SitePage>
  );
}

import type { Metadata } from "next";
import Link from "next/link";
import { ConnectForm } from "@/app/(dashboard)/dashboard/lanes/connect/connect-form";
import { isSimulated } from "@/app/_server/simulated";
import { requireViewer } from "@/app/_server/session";
import { Banner } from "@/components/ui/banner";
import { BackLink } from "@/components/ui/back-link";
import { Card } from "@/components/ui/card";
import { CONSENT } from "@/lib/codex/consent-text";
import { runtime } from "@/lib/runtime/runtime";
import { areCodexLanesOn } from "@/lib/settings/codex-switch";

export const metadata: Metadata = { title: "Connect a ChatGPT account" };

export default async function ConnectPage() {
  await requireViewer();
  const [codexOn, simulated] = await Promise.all([areCodexLanesOn(runtime().db.orm), isSimulated()]);
  return (
    <div className="mx-auto grid max-w-2xl gap-4">
      <BackLink href="/dashboard/lanes">Lanes</BackLink>
      <h1 className="text-xl font-semibold">Connect a ChatGPT account</h1>
      {!codexOn && (
        <Banner tone="warn">The operator has switched Codex lanes off for now. An account can be connected when they are on again.</Banner>
      )}
      {simulated && <Banner>This installation is simulated: the sign-in leads to a page of ours, and no OpenAI account is needed.</Banner>}
      <Card
        title="How it works"
        note="The official Codex CLI runs here in a container that is yours alone. You sign in at OpenAI with a code; we never see your password."
      >
        <ConnectForm textVersion={CONSENT.version} statements={CONSENT.statements} />
      </Card>
      <p className="text-sm text-muted">
        No ChatGPT plan?{" "}
        <Link href="/dashboard/lanes/add-key" className="text-accent underline underline-offset-2">
          Add an API key
        </Link>{" "}
        instead.
      </p>
    </div>
  );
}

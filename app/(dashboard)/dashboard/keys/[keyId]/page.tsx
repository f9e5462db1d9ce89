import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { KeyOptionsForm } from "@/app/(dashboard)/dashboard/keys/[keyId]/key-options-form";
import { requireViewer } from "@/app/_server/session";
import { BackLink } from "@/components/ui/back-link";
import { Banner } from "@/components/ui/banner";
import { Card } from "@/components/ui/card";
import { listKeys } from "@/lib/keys/read";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Options of a key" };

export default async function KeyPage({ params }: { params: Promise<{ keyId: string }> }) {
  const viewer = await requireViewer();
  const { keyId } = await params;
  const { config, db } = runtime();
  const key = (await listKeys(db.orm, viewer, { userId: viewer.userId })).find(({ id }) => id === keyId);
  if (!key) notFound();
  return (
    <div className="mx-auto grid max-w-2xl gap-4">
      <BackLink href="/dashboard#keys">Dashboard</BackLink>
      <div>
        <h1 className="text-xl font-semibold wrap-anywhere">{key.name}</h1>
        <p className="font-mono text-xs text-muted">
          {key.prefix}…{key.lastFour}
        </p>
      </div>
      {key.status === "revoked" ? (
        <Banner>This key is revoked: it does nothing any more.</Banner>
      ) : (
        <Card
          title="When Codex lanes cannot answer"
          note={
            <>
              A used-up ChatGPT plan always opens the next paid lane in{" "}
              <Link href="/dashboard/lanes" className="text-accent underline underline-offset-2">
                your order
              </Link>
              . The rest is your choice. A paid lane takes over at most {config.spillRequestsPerDay.toLocaleString("en-US")} requests a day.
            </>
          }
        >
          <KeyOptionsForm options={key} />
        </Card>
      )}
    </div>
  );
}

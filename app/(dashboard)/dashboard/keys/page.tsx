import { Plus } from "lucide-react";
import type { Metadata } from "next";
import Link from "next/link";
import { HelpersTable } from "@/app/(dashboard)/dashboard/keys/helpers-table";
import { requireViewer } from "@/app/_server/session";
import { KeysTable } from "@/components/dashboard/keys-table";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Disclosure } from "@/components/ui/disclosure";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeading } from "@/components/ui/page-heading";
import { listKeys, type KeyView } from "@/lib/keys/read";
import { listHelpers } from "@/lib/keys/read-helpers";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "API keys" };

export default async function KeysPage() {
  const viewer = await requireViewer();
  const { orm } = runtime().db;
  const { userId, username } = viewer;
  const [keys, helpers] = await Promise.all([listKeys(orm, viewer, { userId }), listHelpers(orm, viewer, { userId })]);
  const inUse = keys.filter(({ status }) => status !== "revoked");
  const revoked = keys.filter(({ status }) => status === "revoked");
  return (
    <>
      <PageHeading
        title="API keys"
        note={
          <>
            Every key goes through your lanes and spends from your one wallet, within the limits that you give it. The wallet&rsquo;s token
            username, by which the operator knows it, is <span className="font-medium text-ink">{username}</span>.
          </>
        }
        actions={
          <Link href="/dashboard/keys/new" className={buttonClass("primary")}>
            <Plus aria-hidden size={16} />
            New key
          </Link>
        }
      />
      <div className="grid gap-4">
        <Card title="Keys">
          {inUse.length > 0 ? (
            <KeysTable rows={inUse} action={keyOptions} />
          ) : (
            <EmptyState title="No key in use">
              <Link href="/dashboard/keys/new" className="text-accent underline underline-offset-2">
                Make a key
              </Link>{" "}
              by itself, or one inside a ready command on the{" "}
              <Link href="/dashboard/setup" className="text-accent underline underline-offset-2">
                setup page
              </Link>
              .
            </EmptyState>
          )}
        </Card>
        {helpers.length > 0 && (
          <Card
            title="Helpers"
            note="Programs on your machines that fetch keys of ten minutes for Codex. Each stands for one key; revoking it works at once."
          >
            <HelpersTable rows={helpers} />
          </Card>
        )}
        {revoked.length > 0 && (
          <Disclosure title={revoked.length === 1 ? "1 revoked key" : `${revoked.length} revoked keys`}>
            <KeysTable caption="Revoked API keys" rows={revoked} action={keyOptions} />
          </Disclosure>
        )}
      </div>
    </>
  );
}

function keyOptions({ id, name }: KeyView) {
  return (
    <Link
      href={`/dashboard/keys/${id}`}
      className="-my-2.5 inline-flex min-h-target items-center text-accent underline underline-offset-2 hover:text-accent-strong"
    >
      Options
      <span className="sr-only"> of {name}</span>
    </Link>
  );
}

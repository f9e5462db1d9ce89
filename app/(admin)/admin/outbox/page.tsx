import type { Metadata } from "next";
import Link from "next/link";
import { requireViewer } from "@/app/_server/session";
import { MailsTable } from "@/components/admin/mails-table";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeading } from "@/components/ui/page-heading";
import { openLink } from "@/lib/users/mail-links";
import { listMails } from "@/lib/mail/read";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Mails" };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

const FILTERS = [
  { only: null, label: "All" },
  { only: "unsent", label: "Not sent" },
  { only: "sent", label: "Sent" },
] as const;

export default async function OutboxPage({ searchParams }: Props) {
  const viewer = await requireViewer("admin");
  const { config, db, sealer } = runtime();
  const { brandName, publicUrl, supportEmail, smtpUrl } = config;
  const asked = (await searchParams)["only"];
  const only = asked === "unsent" || asked === "sent" ? asked : null;
  const mails = await listMails(db.orm, viewer, {
    brandName,
    publicUrl,
    supportEmail,
    only,
    openLink: smtpUrl === null ? (link) => openLink(sealer, link) : undefined,
  });
  return (
    <>
      <PageHeading
        title="Mails"
        note={
          smtpUrl === null
            ? "Without SMTP_URL none is sent: pass them on by hand, with the links that only you see here."
            : "Links that are for their reader alone are not shown."
        }
      />
      <Card title="Newest first">
        <nav aria-label="Which mails" className="mb-3 flex flex-wrap gap-x-4">
          {FILTERS.map((filter) => (
            <Link
              key={filter.label}
              href={filter.only ? `/admin/outbox?only=${filter.only}` : "/admin/outbox"}
              aria-current={filter.only === only ? "page" : undefined}
              className="inline-flex min-h-target items-center text-sm text-muted underline-offset-2 hover:text-ink aria-[current]:font-medium aria-[current]:text-accent"
            >
              {filter.label}
            </Link>
          ))}
        </nav>
        {mails.length > 0 ? (
          <MailsTable rows={mails} />
        ) : (
          <EmptyState title="No mails here">
            They are written when somebody signs up or resets a password, when a ChatGPT account is connected, signed out or fails, and on
            the first spill of a day.
          </EmptyState>
        )}
      </Card>
    </>
  );
}

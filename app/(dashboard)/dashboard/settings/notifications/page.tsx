import type { Metadata } from "next";
import Link from "next/link";
import { MailChoiceForm } from "@/app/(dashboard)/dashboard/settings/notifications/mail-choice-form";
import { requireViewer } from "@/app/_server/session";
import { SettingsFrame } from "@/components/settings/settings-frame";
import { Card } from "@/components/ui/card";
import { Facts } from "@/components/ui/facts";
import { readOptOuts } from "@/lib/mail/opt-outs";
import { OPTIONAL_MAILS } from "@/lib/mail/optional-mails";
import { runtime } from "@/lib/runtime/runtime";

export const metadata: Metadata = { title: "Mails" };

const ALWAYS = [
  {
    name: "Sign-in and security",
    value: "A changed password or address, two-factor sign-in, recovery codes: you must hear of it when it was not you.",
  },
  { name: "Links that you ask for", value: "To confirm an address, or for a new password: without the mail they would not work." },
  { name: "Connected ChatGPT accounts", value: "The owner of an address must hear that it was signed in here." },
  { name: "The account itself", value: "That it was let in, or deleted." },
];

export default async function NotificationsPage() {
  const viewer = await requireViewer();
  const off = await readOptOuts(runtime().db.orm, viewer, viewer);
  return (
    <SettingsFrame current="notifications">
      <Card title="Mails that you may turn off" note="The screens say the same.">
        <MailChoiceForm kinds={OPTIONAL_MAILS.filter((kind) => kind !== "sign_up_waits" || viewer.role === "admin")} off={off} />
      </Card>
      <Card title="Low balance" note="You are told when the wallet falls below amounts that you choose, and only then.">
        <Link href="/dashboard/wallet" className="inline-flex min-h-target items-center text-sm text-accent underline underline-offset-2">
          Thresholds on the wallet’s page
        </Link>
      </Card>
      <Card title="Mails that always come">
        <Facts rows={ALWAYS} />
      </Card>
    </SettingsFrame>
  );
}

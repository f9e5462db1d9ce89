import type { Metadata } from "next";
import { EmailForm } from "@/app/(dashboard)/dashboard/settings/email-form";
import { TimeZoneForm } from "@/app/(dashboard)/dashboard/settings/time-zone-form";
import { requireViewer } from "@/app/_server/session";
import { ThemeToggle } from "@/components/layout/theme-toggle";
import { SettingsFrame } from "@/components/settings/settings-frame";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Facts } from "@/components/ui/facts";
import { LocalTime } from "@/components/ui/local-time";
import { runtime } from "@/lib/runtime/runtime";
import { timeZones } from "@/lib/time/time-zones";
import { readSecurity } from "@/lib/users/read-security";
import { readTimeZone } from "@/lib/users/read-time-zone";
import { readUser } from "@/lib/users/read";

export const metadata: Metadata = { title: "Settings" };

export default async function ProfilePage() {
  const viewer = await requireViewer();
  const { db, clock } = runtime();
  const { userId } = viewer;
  const [user, security, timeZone] = await Promise.all([
    readUser(db.orm, viewer, { userId }),
    readSecurity(db.orm, viewer, { userId, now: clock.now() }),
    readTimeZone(db.orm, viewer, { userId }),
  ]);
  return (
    <SettingsFrame current="profile">
      <Card title="Profile">
        <Facts
          rows={[
            { name: "Username", value: <span className="font-medium">{security.username}</span> },
            { name: "E-mail", value: <Email email={security.email} isVerified={security.emailVerifiedAt !== null} /> },
            { name: "Member since", value: <LocalTime iso={user.createdAt} /> },
            { name: "Account id", value: <code className="text-xs">{userId}</code> },
          ]}
        />
        <p className="mt-3 text-sm text-muted">The username cannot be changed: setup lines, mails and the ledger name you by it.</p>
      </Card>
      <Card
        title={security.email === null ? "Give an e-mail address" : "Change the e-mail address"}
        note="The new address gets a link, and the old one is told. Nothing changes before the link is opened."
      >
        <EmailForm waitingFor={security.newEmail} asksCode={security.totp === "on"} />
      </Card>
      <Card title="Time zone" note="Of every time on these screens, and of the days and hours in which usage is counted.">
        <TimeZoneForm chosen={timeZone} zones={timeZones()} />
      </Card>
      <Card title="Colours" note="Kept in this browser.">
        <ThemeToggle />
      </Card>
    </SettingsFrame>
  );
}

function Email({ email, isVerified }: { email: string | null; isVerified: boolean }) {
  if (email === null) return <span className="text-muted">none: a forgotten password cannot be set anew</span>;
  return (
    <span className="inline-flex flex-wrap items-baseline gap-2">
      {email}
      {isVerified ? <Badge tone="good">confirmed</Badge> : <Badge>given by the operator</Badge>}
    </span>
  );
}

import type { Metadata } from "next";
import { ChangePasswordForm } from "@/app/(auth)/change-password/change-password-form";
import { SessionsList } from "@/app/(dashboard)/dashboard/settings/security/sessions-list";
import { TotpPanel } from "@/app/(dashboard)/dashboard/settings/security/totp-panel";
import { requireViewer } from "@/app/_server/session";
import { FIELD_WIDTH } from "@/components/settings/field-width";
import { SettingsFrame } from "@/components/settings/settings-frame";
import { Badge } from "@/components/ui/badge";
import { Callout } from "@/components/ui/callout";
import { Card } from "@/components/ui/card";
import { runtime } from "@/lib/runtime/runtime";
import { deviceWords } from "@/lib/users/device-words";
import { listSessions } from "@/lib/users/list-sessions";
import { PASSWORD_LENGTH_MIN } from "@/lib/users/password-rules";
import { readSecurity } from "@/lib/users/read-security";
import { readTotpSetup } from "@/lib/users/start-totp";
import { totpQr } from "@/lib/users/totp-qr";

export const metadata: Metadata = { title: "Security" };

const HERE = "/dashboard/settings/security";

export default async function SecurityPage({ searchParams }: { searchParams: Promise<Record<string, string | string[] | undefined>> }) {
  const viewer = await requireViewer();
  const { config, db, clock, sealer } = runtime();
  const { userId, username } = viewer;
  const now = clock.now();
  const [security, sessions, setup, query] = await Promise.all([
    readSecurity(db.orm, viewer, { userId, now }),
    listSessions(db.orm, viewer, { userId, now }),
    readTotpSetup(db.orm, { userId, sealer, brandName: config.brandName, now }),
    searchParams,
  ]);
  return (
    <SettingsFrame current="security">
      {query["changed"] === "password" && (
        <Callout tone="good" title="Your password is changed">
          Every other session was signed out.
        </Callout>
      )}
      <Card title="Password" note="Your other devices are signed out when it changes.">
        <div className={FIELD_WIDTH}>
          <ChangePasswordForm
            username={username}
            asksCurrent
            asksCode={security.totp === "on"}
            lengthMin={PASSWORD_LENGTH_MIN}
            to={`${HERE}?changed=password`}
          />
        </div>
      </Card>
      <Card
        title="Two-factor sign-in"
        note="A code of an app on your phone, asked for after the password."
        aside={security.totp === "on" ? <Badge tone="good">on</Badge> : <Badge>off</Badge>}
      >
        <TotpPanel
          isOn={security.totp === "on"}
          since={security.totpSince}
          codesLeft={security.recoveryCodesLeft}
          setup={setup && { secret: setup.secret, uri: setup.uri, qr: totpQr(setup.uri) }}
        />
      </Card>
      <Card title="Sessions" note="Where you are signed in. The device is what its browser says of itself.">
        <SessionsList sessions={sessions.map(({ userAgent, ...session }) => ({ ...session, device: deviceWords(userAgent) }))} />
      </Card>
    </SettingsFrame>
  );
}

"use client";

import { useActionState } from "react";
import {
  confirmTotpAction,
  disableTotpAction,
  newRecoveryCodesAction,
  startTotpAction,
} from "@/app/(dashboard)/dashboard/settings/security/actions";
import { RecoveryCodes } from "@/app/(dashboard)/dashboard/settings/security/recovery-codes";
import { FIELD_WIDTH } from "@/components/settings/field-width";
import { PasswordAgain } from "@/components/settings/password-again";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";
import { LocalTime } from "@/components/ui/local-time";
import type { TotpQr } from "@/lib/users/totp-qr";

type Setup = { secret: string; uri: string; qr: TotpQr };
type Props = { isOn: boolean; since: string | null; codesLeft: number; setup: Setup | null };

const CODES_FEW = 3;

/** Off, being set up, or on. What an action has answered stands here until the page is left: codes are shown once. */
export function TotpPanel({ isOn, since, codesLeft, setup }: Props) {
  const [started, start, isStarting] = useActionState(startTotpAction, null);
  const [confirmed, confirm, isConfirming] = useActionState(confirmTotpAction, null);
  const [renewed, renew, isRenewing] = useActionState(newRecoveryCodesAction, null);
  const [ended, end, isEnding] = useActionState(disableTotpAction, null);
  if (renewed?.ok) return <RecoveryCodes codes={renewed.recoveryCodes} title="Ten new recovery codes" />;
  if (confirmed?.ok) return <RecoveryCodes codes={confirmed.recoveryCodes} title="Two-factor sign-in is on" />;

  if (isOn) {
    const [renewRefusal, endRefusal] = [renewed?.ok === false ? renewed : null, ended?.ok === false ? ended : null];
    return (
      <div className="grid gap-4">
        <p className="text-sm">
          On since {since && <LocalTime iso={since} />}. {codesLeft === 1 ? "One recovery code is" : `${codesLeft} recovery codes are`}{" "}
          left.
          {codesLeft <= CODES_FEW && " Make new ones before they are used up."}
        </p>
        <Disclosure title="Make new recovery codes" open={renewRefusal !== null || undefined}>
          <form action={renew} className="grid gap-4" noValidate>
            <FormAnswer message={renewRefusal?.message} />
            <p className="text-sm text-muted">The former ones are worth nothing from then on.</p>
            <PasswordAgain form="renew" asksCode errors={renewRefusal?.fields} />
            <Button type="submit" disabled={isRenewing} className="justify-self-start">
              Make ten new codes
            </Button>
          </form>
        </Disclosure>
        <Disclosure title="Turn it off" open={endRefusal !== null || undefined}>
          <form action={end} className="grid gap-4" noValidate>
            <FormAnswer message={endRefusal?.message} />
            <p className="text-sm text-muted">The password alone opens your account then.</p>
            <PasswordAgain form="off" asksCode errors={endRefusal?.fields} />
            <Button type="submit" look="danger" disabled={isEnding} className="justify-self-start">
              Turn two-factor sign-in off
            </Button>
          </form>
        </Disclosure>
      </div>
    );
  }

  const startRefusal = started?.ok === false ? started : null;
  const startForm = (
    <form action={start} className="grid gap-4" noValidate>
      <FormAnswer message={startRefusal?.message} />
      <PasswordAgain form="start" asksCode={false} errors={startRefusal?.fields} />
      <Button type="submit" look={setup ? "plain" : "primary"} disabled={isStarting} className="justify-self-start">
        {setup ? "Start anew with another code" : "Set it up"}
      </Button>
    </form>
  );
  if (!setup) return startForm;
  const refusal = confirmed?.ok === false ? confirmed : null;
  return (
    <div className="grid gap-4">
      <ol className="grid gap-4 text-sm">
        <li className="grid gap-3">
          <p>
            <strong className="font-medium">1.</strong> Scan this with your authenticator app, or type the secret into it.
          </p>
          <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
            <QrCode qr={setup.qr} />
            <div className="min-w-0 flex-1 basis-52">
              <p className="text-muted">Secret</p>
              <p className="flex flex-wrap items-center gap-x-2">
                <code className="wrap-anywhere">{setup.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
                <CopyButton text={setup.secret} what="the secret" />
              </p>
              <a href={setup.uri} className="inline-flex min-h-target items-center text-accent underline underline-offset-2">
                Open in an app on this device
              </a>
            </div>
          </div>
        </li>
        <li className="grid gap-3">
          <p>
            <strong className="font-medium">2.</strong> Give the six digits that it shows now, within a quarter of an hour.
          </p>
          <form action={confirm} className="grid gap-4" noValidate>
            <FormAnswer message={refusal && Object.keys(refusal.fields).length === 0 ? refusal.message : undefined} />
            <Field
              name="totp"
              label="Code"
              inputMode="numeric"
              autoComplete="one-time-code"
              required
              error={refusal?.fields["totp"]}
              className={FIELD_WIDTH}
            />
            <Button type="submit" look="primary" disabled={isConfirming} className="justify-self-start">
              Turn it on
            </Button>
          </form>
        </li>
      </ol>
      <Disclosure title="Start anew" open={startRefusal !== null || undefined}>
        {startForm}
      </Disclosure>
    </div>
  );
}

/** Dark on white in both themes, since scanners want it so. */
function QrCode({ qr }: { qr: TotpQr }) {
  return (
    <svg
      viewBox={`0 0 ${qr.size} ${qr.size}`}
      role="img"
      aria-label="QR code of the secret"
      className="size-44 shrink-0 rounded-md bg-white"
    >
      <path d={qr.path} fill="black" shapeRendering="crispEdges" />
    </svg>
  );
}

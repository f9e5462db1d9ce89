"use client";

import { useActionState } from "react";
import { correctEmailAction, resendAction } from "@/app/(auth)/welcome/actions";
import { Button } from "@/components/ui/button";
import { DoneNote } from "@/components/ui/done-note";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

/** The mail is on its way: send it again, or to another address. */
export function ConfirmAddress({ email }: { email: string }) {
  const [sent, resend, isSending] = useActionState(resendAction, null);
  const [corrected, correct, isCorrecting] = useActionState(correctEmailAction, null);
  const refusal = corrected?.ok === false ? corrected : null;
  return (
    <div className="grid gap-5">
      <p className="text-sm text-muted">
        We sent a link to <span className="font-medium text-ink wrap-anywhere">{email}</span>. Open it within a day and press the button
        there. Look among the junk mail too.
      </p>
      <form action={resend} className="grid gap-3">
        <FormAnswer message={sent?.ok === false ? sent.message : undefined} />
        <Button type="submit" look="primary" disabled={isSending}>
          Send the link again
        </Button>
        {sent?.ok && <DoneNote>{sent.message}</DoneNote>}
      </form>
      <details open={refusal !== null || undefined} className="border-t border-line pt-2">
        <summary className="flex min-h-target cursor-pointer items-center text-sm text-accent underline-offset-2 hover:underline">
          The address is not right
        </summary>
        <form action={correct} className="mt-2 grid gap-3" noValidate>
          <FormAnswer message={refusal && !refusal.fields["email"] ? refusal.message : undefined} />
          <Field
            name="email"
            label="Your e-mail address"
            type="email"
            autoComplete="email"
            required
            defaultValue={refusal?.typed["email"]}
            error={refusal?.fields["email"]}
          />
          <Button type="submit" disabled={isCorrecting}>
            Send the link there
          </Button>
          {corrected?.ok && <DoneNote>{corrected.message}</DoneNote>}
        </form>
      </details>
    </div>
  );
}

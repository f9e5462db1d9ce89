"use client";

import { useActionState } from "react";
import { changeEmailAction } from "@/app/(dashboard)/dashboard/settings/actions";
import { FIELD_WIDTH } from "@/components/settings/field-width";
import { PasswordAgain } from "@/components/settings/password-again";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { DoneNote } from "@/components/ui/done-note";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

/** `waitingFor`: the address that got a link and has not opened it. */
export function EmailForm({ waitingFor, asksCode }: { waitingFor: string | null; asksCode: boolean }) {
  const [state, submit, isPending] = useActionState(changeEmailAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.message} />
      {waitingFor !== null && !state?.ok && (
        <Banner>
          A link to <strong className="font-medium">{waitingFor}</strong> waits to be opened. Sending another one makes it void.
        </Banner>
      )}
      <Field
        name="newEmail"
        label="New e-mail address"
        type="email"
        autoComplete="email"
        required
        defaultValue={refusal?.typed["newEmail"]}
        error={refusal?.fields["newEmail"]}
        className={FIELD_WIDTH}
      />
      <PasswordAgain form="email" asksCode={asksCode} errors={refusal?.fields} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" disabled={isPending}>
          Send the link
        </Button>
        {state?.ok && <DoneNote>We sent a link to {state.newEmail}. Open it there to confirm the address.</DoneNote>}
      </div>
    </form>
  );
}

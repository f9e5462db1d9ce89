"use client";

import { useActionState } from "react";
import { deleteAccountAction } from "@/app/(dashboard)/dashboard/settings/data/actions";
import { FIELD_WIDTH } from "@/components/settings/field-width";
import { PasswordAgain } from "@/components/settings/password-again";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

export function DeleteForm({ username, asksCode }: { username: string; asksCode: boolean }) {
  const [state, submit, isPending] = useActionState(deleteAccountAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4 border-t border-line pt-4" noValidate>
      <FormAnswer message={refusal?.message} />
      <Field
        name="username"
        id="delete-username"
        label={`Type ${username} to go on`}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        required
        defaultValue={refusal?.typed["username"]}
        error={refusal?.fields["username"]}
        className={FIELD_WIDTH}
      />
      <PasswordAgain form="delete" asksCode={asksCode} errors={refusal?.fields} />
      <Button type="submit" look="danger" disabled={isPending} className="justify-self-start">
        Delete my account
      </Button>
    </form>
  );
}

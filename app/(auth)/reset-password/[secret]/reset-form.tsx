"use client";

import { useActionState } from "react";
import { resetPasswordAction } from "@/app/(auth)/reset-password/actions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

export function ResetForm({ secret, username, lengthMin }: { secret: string; username: string; lengthMin: number }) {
  const [state, submit, isPending] = useActionState(resetPasswordAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.message} />
      <input type="hidden" name="secret" value={secret} />
      {/* For password managers: whose password this is. */}
      <input type="hidden" name="username" autoComplete="username" value={username} readOnly />
      <Field
        name="newPassword"
        label="New password"
        type="password"
        autoComplete="new-password"
        required
        hint={`${lengthMin} characters or more.`}
        error={refusal?.fields["newPassword"]}
      />
      <Field
        name="repeated"
        label="New password, once more"
        type="password"
        autoComplete="new-password"
        required
        error={refusal?.fields["repeated"]}
      />
      <Button type="submit" look="primary" disabled={isPending}>
        Set the password
      </Button>
    </form>
  );
}

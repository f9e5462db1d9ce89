"use client";

import { useActionState } from "react";
import { changePasswordAction } from "@/app/(auth)/change-password/actions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

type Props = {
  username: string;
  /** False for whoever came in with a one-time password. */
  asksCurrent: boolean;
  lengthMin: number;
};

export function ChangePasswordForm({ username, asksCurrent, lengthMin }: Props) {
  const [state, submit, isPending] = useActionState(changePasswordAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.message} />
      {/* For password managers: whose password this is. */}
      <input type="hidden" name="username" autoComplete="username" value={username} readOnly />
      {asksCurrent && (
        <Field
          name="currentPassword"
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
          error={refusal?.fields["currentPassword"]}
        />
      )}
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

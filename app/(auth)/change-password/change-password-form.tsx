"use client";

import { useActionState } from "react";
import { changePasswordAction } from "@/app/(auth)/change-password/actions";
import { NewPasswordFields } from "@/components/auth/new-password-fields";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

type Props = {
  username: string;
  /** False for whoever came in with a one-time password. */
  asksCurrent: boolean;
  /** Where two-factor sign-in is on. */
  asksCode: boolean;
  lengthMin: number;
  /** Where it leads when it is done; nothing: to the first screen. */
  to?: string;
};

export function ChangePasswordForm({ username, asksCurrent, asksCode, lengthMin, to }: Props) {
  const [state, submit, isPending] = useActionState(changePasswordAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.message} />
      {/* For password managers: whose password this is. */}
      <input type="hidden" name="username" autoComplete="username" value={username} readOnly />
      {to !== undefined && <input type="hidden" name="to" value={to} />}
      {asksCurrent && (
        <Field
          name="password"
          id="change-password"
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
          error={refusal?.fields["password"]}
        />
      )}
      {asksCurrent && asksCode && (
        <Field
          name="code"
          id="change-code"
          label="Code of your authenticator"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          required
          hint="Or a recovery code."
          error={refusal?.fields["code"]}
        />
      )}
      <NewPasswordFields lengthMin={lengthMin} errors={refusal?.fields} />
      <Button type="submit" look="primary" disabled={isPending}>
        Set the password
      </Button>
    </form>
  );
}

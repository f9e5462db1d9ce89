"use client";

import { useActionState } from "react";
import { resetPasswordAction } from "@/app/(auth)/reset-password/actions";
import { NewPasswordFields } from "@/components/auth/new-password-fields";
import { Button } from "@/components/ui/button";
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
      <NewPasswordFields lengthMin={lengthMin} errors={refusal?.fields} />
      <Button type="submit" look="primary" disabled={isPending}>
        Set the password
      </Button>
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { signInAction } from "@/app/(auth)/sign-in/actions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

export function SignInForm({ to }: { to: string | null }) {
  const [state, submit, isPending] = useActionState(signInAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.message} />
      {to !== null && <input type="hidden" name="to" value={to} />}
      <Field
        name="username"
        label="Username or e-mail"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        defaultValue={refusal?.typed["username"]}
        error={refusal?.fields["username"]}
      />
      <Field
        name="password"
        label="Password"
        type="password"
        autoComplete="current-password"
        required
        error={refusal?.fields["password"]}
      />
      <Button type="submit" look="primary" disabled={isPending}>
        Sign in
      </Button>
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { requestResetAction } from "@/app/(auth)/reset-password/actions";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

export function RequestForm() {
  const [state, submit, isPending] = useActionState(requestResetAction, null);
  if (state?.ok) {
    return (
      <Banner urgent>
        A mail is on its way to <span className="font-medium wrap-anywhere">{state.email}</span>. It holds the link, which works for one
        hour, or says that no account has this address.
      </Banner>
    );
  }
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={state?.fields["email"] ? undefined : state?.message} />
      <Field
        name="email"
        label="E-mail"
        type="email"
        autoComplete="email"
        required
        defaultValue={state?.typed["email"]}
        error={state?.fields["email"]}
      />
      <Button type="submit" look="primary" disabled={isPending}>
        Send the link
      </Button>
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { finishSignInAction } from "@/app/(auth)/sign-in/actions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

export function CodeForm({ isRecovery, to }: { isRecovery: boolean; to: string | null }) {
  const [state, submit, isPending] = useActionState(finishSignInAction, null);
  const refusal = state?.ok === false ? state : null;
  const error = refusal?.fields["code"];
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={error === undefined ? refusal?.message : undefined} />
      {to !== null && <input type="hidden" name="to" value={to} />}
      <Field
        name="code"
        label={isRecovery ? "Recovery code" : "Six-digit code"}
        autoComplete={isRecovery ? "off" : "one-time-code"}
        inputMode={isRecovery ? "text" : "numeric"}
        autoCapitalize="none"
        spellCheck={false}
        required
        className="font-mono tracking-widest"
        error={error}
      />
      <Button type="submit" look="primary" disabled={isPending}>
        Sign in
      </Button>
    </form>
  );
}

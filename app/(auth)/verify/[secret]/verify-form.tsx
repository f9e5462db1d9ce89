"use client";

import { useActionState } from "react";
import { verifyEmailAction } from "@/app/(auth)/verify/[secret]/actions";
import { Button } from "@/components/ui/button";
import { FormAnswer } from "@/components/ui/form-answer";

export function VerifyForm({ secret }: { secret: string }) {
  const [state, submit, isPending] = useActionState(verifyEmailAction, null);
  return (
    <form action={submit} className="grid gap-4">
      <FormAnswer message={state?.ok === false ? state.message : undefined} />
      <input type="hidden" name="secret" value={secret} />
      <Button type="submit" look="primary" disabled={isPending}>
        Confirm this address
      </Button>
    </form>
  );
}

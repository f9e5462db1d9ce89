"use client";

import { useActionState } from "react";
import { signOutEverywhereAction } from "@/app/(auth)/change-password/actions";
import { Button } from "@/components/ui/button";
import { FormAnswer } from "@/components/ui/form-answer";

export function SignOutEverywhere() {
  const [state, submit, isPending] = useActionState(signOutEverywhereAction, null);
  return (
    <form action={submit} className="grid gap-4">
      <FormAnswer message={state?.ok === false ? state.message : undefined} />
      <Button type="submit" disabled={isPending}>
        Sign out on all devices
      </Button>
    </form>
  );
}

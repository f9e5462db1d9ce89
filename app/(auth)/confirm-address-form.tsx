"use client";

import { useActionState } from "react";
import type { ActionState } from "@/app/_server/run-action";
import { Button } from "@/components/ui/button";
import { FormAnswer } from "@/components/ui/form-answer";

type Props = {
  /** Leads away when it succeeds. */
  action: (previous: ActionState<never>, form: FormData) => Promise<ActionState<never>>;
  /** Of the mailed link. */
  secret: string;
};

export function ConfirmAddressForm({ action, secret }: Props) {
  const [state, submit, isPending] = useActionState(action, null);
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

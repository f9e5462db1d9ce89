"use client";

import { useActionState } from "react";
import { revokeHelperAction } from "@/app/(dashboard)/dashboard/keys/actions";
import { Button } from "@/components/ui/button";

/** Two steps, also without JavaScript: what revokes stands behind what asks. */
export function RevokeHelper({ helperId, name }: { helperId: string; name: string }) {
  const [state, submit, isPending] = useActionState(revokeHelperAction, null);
  return (
    <details className="text-start">
      <summary className="-my-2.5 inline-flex min-h-target cursor-pointer items-center text-muted underline underline-offset-2 hover:text-ink">
        Revoke<span className="sr-only"> {name}</span>
      </summary>
      <form action={submit} className="grid max-w-56 gap-2 py-2">
        <input type="hidden" name="helperId" value={helperId} />
        <p className="text-xs text-muted">It gets no more keys, and those that it has stop working at once.</p>
        <Button type="submit" look="danger" disabled={isPending} className="min-w-0">
          <span className="truncate">Revoke {name}</span>
        </Button>
        {state?.ok === false && (
          <p role="alert" className="text-xs text-bad">
            {state.message}
          </p>
        )}
      </form>
    </details>
  );
}

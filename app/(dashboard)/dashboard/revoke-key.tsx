"use client";

import { useActionState } from "react";
import { revokeKeyAction } from "@/app/(dashboard)/dashboard/actions";
import { Button } from "@/components/ui/button";

/** Two steps, also without JavaScript: what revokes stands behind what asks. */
export function RevokeKey({ keyId, name }: { keyId: string; name: string }) {
  const [state, submit, isPending] = useActionState(revokeKeyAction, null);
  return (
    <details className="text-start">
      <summary className="-my-2.5 inline-flex min-h-target cursor-pointer items-center text-muted underline underline-offset-2 hover:text-ink">
        Revoke<span className="sr-only"> {name}</span>
      </summary>
      <form action={submit} className="grid max-w-56 gap-2 py-2">
        <input type="hidden" name="keyId" value={keyId} />
        <p className="text-xs text-muted">Programs that use it stop working at once. This cannot be undone.</p>
        <Button type="submit" disabled={isPending} className="border-bad text-bad">
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

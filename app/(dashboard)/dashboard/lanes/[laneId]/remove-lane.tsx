"use client";

import { useActionState } from "react";
import { removeLaneAction } from "@/app/(dashboard)/dashboard/lanes/actions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

/** Confirmed by typing the lane's name, also without JavaScript. */
export function RemoveLane({ laneId, label, isCodex }: { laneId: string; label: string; isCodex: boolean }) {
  const [state, submit, isPending] = useActionState(removeLaneAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <details className="rounded-lg border border-line bg-panel px-4 sm:px-5" open={refusal !== null || undefined}>
      <summary className="flex min-h-target cursor-pointer items-center text-sm font-medium text-bad">Remove this lane</summary>
      <form action={submit} className="grid gap-4 pb-5" noValidate>
        <p className="text-sm text-muted">
          {isCodex
            ? "Its container is stopped, it is signed out of ChatGPT, and everything in its home is deleted. Your request log stays. This cannot be undone."
            : "Requests no longer go there. Your request log stays. This cannot be undone."}
        </p>
        <FormAnswer message={refusal && !refusal.fields["label"] ? refusal.message : undefined} />
        <input type="hidden" name="laneId" value={laneId} />
        <Field
          name="label"
          label={`Type ${label} to confirm`}
          autoComplete="off"
          spellCheck={false}
          defaultValue={refusal?.typed["label"]}
          error={refusal?.fields["label"]}
        />
        <Button type="submit" disabled={isPending} className="justify-self-start border-bad text-bad">
          <span className="truncate">Remove {label}</span>
        </Button>
      </form>
    </details>
  );
}

"use client";

import { useActionState } from "react";
import { reviewSignUpAction } from "@/app/(admin)/admin/signups/actions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

type Props = { userId: string; username: string; isRefused: boolean };

export function ReviewForm({ userId, username, isRefused }: Props) {
  const [state, submit, isPending] = useActionState(reviewSignUpAction, null);
  const refusal = state?.ok === false ? state : null;
  const error = refusal?.fields["note"];
  return (
    <form action={submit} className="grid max-w-xl gap-3" noValidate>
      <FormAnswer message={error === undefined ? refusal?.message : undefined} />
      <input type="hidden" name="userId" value={userId} />
      <Field
        id={`note-${userId}`}
        name="note"
        label="Why"
        aria-label={`Why, for ${username}`}
        autoComplete="off"
        hint="For the audit log; the newcomer does not see it."
        defaultValue={refusal?.typed["note"]}
        error={error}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" name="decision" value="approve" disabled={isPending} aria-label={`Let ${username} in`}>
          Let in
        </Button>
        {!isRefused && (
          <Button
            type="submit"
            name="decision"
            value="refuse"
            disabled={isPending}
            aria-label={`Refuse ${username}`}
            className="border-bad text-bad"
          >
            Refuse
          </Button>
        )}
      </div>
    </form>
  );
}

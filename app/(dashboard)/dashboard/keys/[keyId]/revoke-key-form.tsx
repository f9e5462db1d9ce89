"use client";

import { useActionState } from "react";
import { revokeKeyAction } from "@/app/(dashboard)/dashboard/keys/[keyId]/actions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";

/** The name is typed, and compared on the server: it works the same without JavaScript. */
export function RevokeKeyForm({ keyId, name }: { keyId: string; name: string }) {
  const [state, submit, isPending] = useActionState(revokeKeyAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <input type="hidden" name="keyId" value={keyId} />
      <Field
        name="word"
        label={`Type ${name} to go on`}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={refusal?.typed["word"]}
        error={refusal ? (refusal.fields["word"] ?? refusal.message) : undefined}
      />
      <Button type="submit" look="danger" disabled={isPending} className="max-w-full min-w-0 justify-self-start">
        <span className="truncate">Revoke {name}</span>
      </Button>
    </form>
  );
}

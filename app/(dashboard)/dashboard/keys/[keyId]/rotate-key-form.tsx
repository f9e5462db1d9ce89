"use client";

import Link from "next/link";
import { useActionState } from "react";
import { rotateKeyAction } from "@/app/(dashboard)/dashboard/keys/[keyId]/actions";
import { SecretOnce } from "@/components/keys/secret-once";
import { Button, buttonClass } from "@/components/ui/button";
import { FormAnswer } from "@/components/ui/form-answer";
import { SelectField } from "@/components/ui/select-field";

const GRACES = [
  { value: "24", label: "One more day" },
  { value: "0", label: "Not at all: it ends now" },
  { value: "1", label: "One more hour" },
  { value: "72", label: "3 more days" },
  { value: "168", label: "7 more days" },
];

/** `isRotated`: nothing is left to rotate, and the answer that made it so may still stand here. */
export function RotateKeyForm({ keyId, isRotated }: { keyId: string; isRotated: boolean }) {
  const [state, submit, isPending] = useActionState(rotateKeyAction, null);
  if (state?.ok) {
    return (
      <div className="grid gap-4">
        <SecretOnce secret={state.secret} what="the new key" />
        <Link href={`/dashboard/keys/${state.keyId}`} className={buttonClass("primary", "md")}>
          I have saved it
        </Link>
      </div>
    );
  }
  if (isRotated) return <p className="text-sm text-muted">This key was rotated. Rotate the one that took its place.</p>;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={state?.message} />
      <input type="hidden" name="keyId" value={keyId} />
      <SelectField
        name="graceHours"
        label="The old key works"
        options={GRACES}
        defaultValue={state?.typed["graceHours"] ?? "24"}
        error={state?.fields["graceHours"]}
      />
      <Button type="submit" disabled={isPending} className="justify-self-start">
        Make a new secret
      </Button>
    </form>
  );
}

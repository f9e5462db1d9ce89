"use client";

import { useActionState } from "react";
import { addApiKeyLaneAction } from "@/app/(dashboard)/dashboard/lanes/add-key/actions";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

export function AddKeyForm({ baseUrl }: { baseUrl: string }) {
  const [state, submit, isPending] = useActionState(addApiKeyLaneAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.message} />
      <Field
        name="label"
        label="Name of the lane"
        placeholder="My OpenAI key"
        autoComplete="off"
        defaultValue={refusal?.typed["label"]}
        error={refusal?.fields["label"]}
      />
      <Field
        name="baseUrl"
        label="Address"
        type="url"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        hint="Of any OpenAI-compatible API, with its /v1."
        defaultValue={refusal?.typed["baseUrl"] ?? baseUrl}
        error={refusal?.fields["baseUrl"]}
      />
      <Field
        name="secret"
        label="API key"
        type="password"
        autoComplete="off"
        spellCheck={false}
        hint="Sealed before it is stored, and never shown again."
        error={refusal?.fields["secret"]}
      />
      <Button type="submit" look="primary" disabled={isPending} className="justify-self-start">
        Add the lane
      </Button>
    </form>
  );
}

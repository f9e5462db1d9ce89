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
        hint={
          refusal
            ? "It was not kept: paste it again. It is tried at the address, then sealed, and never shown again."
            : "Tried at the address first, with a question for its models. Then it is sealed, and never shown again."
        }
        error={refusal?.fields["secret"]}
      />
      <Button type="submit" look="primary" disabled={isPending} className="justify-self-start">
        {isPending ? "Trying the key…" : "Add the lane"}
      </Button>
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { connectAccountAction } from "@/app/(dashboard)/dashboard/lanes/connect/actions";
import { Button } from "@/components/ui/button";
import { CheckField } from "@/components/ui/check-field";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";

type Props = {
  textVersion: string;
  /** What is declared before connecting, in the words that are recorded. */
  statements: readonly { id: string; text: string }[];
};

export function ConnectForm({ textVersion, statements }: Props) {
  const [state, submit, isPending] = useActionState(connectAccountAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.fields["textVersion"] ?? refusal?.message} />
      <input type="hidden" name="textVersion" value={textVersion} />
      <Field
        name="label"
        label="Name of the lane"
        placeholder="My ChatGPT"
        autoComplete="off"
        hint="Only you see it; it stands in your request log."
        defaultValue={refusal?.typed["label"]}
        error={refusal?.fields["label"]}
      />
      <fieldset className="grid">
        <legend className="mb-1 text-sm font-medium">You declare, and we record with date and address:</legend>
        {statements.map(({ id, text }) => (
          // The key makes the box anew after a refusal: React would put back the state of before.
          <CheckField
            key={`${id} ${refusal?.typed[id] ?? ""}`}
            name={id}
            defaultChecked={refusal?.typed[id] === "on"}
            error={refusal?.fields[id]}
          >
            {text}
          </CheckField>
        ))}
      </fieldset>
      <Button type="submit" look="primary" disabled={isPending} className="justify-self-start">
        Go on to the sign-in
      </Button>
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { whatIfAction } from "@/app/(dashboard)/dashboard/lanes/what-if/actions";
import { ForetoldLanes } from "@/components/lanes/foretold-lanes";
import { Button } from "@/components/ui/button";
import { CheckField } from "@/components/ui/check-field";
import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";
import { SelectField } from "@/components/ui/select-field";
import { TextAreaField } from "@/components/ui/text-area-field";
import type { RequestTrait } from "@/lib/openai/described-body";

const WIRES = [
  { value: "responses", label: "POST /v1/responses" },
  { value: "chat", label: "POST /v1/chat/completions" },
];
const TRAITS: readonly { trait: RequestTrait; label: string }[] = [
  { trait: "stream", label: "streaming" },
  { trait: "function_tool", label: "a function of the client’s own" },
  { trait: "web_search", label: "OpenAI’s web search" },
  { trait: "image", label: "an image" },
  { trait: "schema", label: "an answer by a JSON schema" },
  { trait: "temperature", label: "a temperature" },
  { trait: "store", label: "storing at OpenAI" },
];

type Props = { keys: readonly { value: string; label: string }[]; models: readonly string[]; modelFirst: string | undefined };

export function WhatIfForm({ keys, models, modelFirst }: Props) {
  const [state, submit, isPending] = useActionState(whatIfAction, null);
  const refusal = state?.ok === false ? state : null;
  // Also after an answer: one asks several times in a row.
  const typed = state?.ok ? state.asked : state?.typed;
  return (
    <div className="grid gap-4">
      <form action={submit} className="grid gap-4 rounded-lg border border-line bg-panel p-4 sm:p-5" noValidate>
        <FormAnswer message={refusal && Object.keys(refusal.fields).length === 0 ? refusal.message : undefined} />
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField name="keyId" label="API key" options={keys} defaultValue={typed?.["keyId"]} error={refusal?.fields["keyId"]} />
          <SelectField name="wire" label="Endpoint" options={WIRES} defaultValue={typed?.["wire"]} error={refusal?.fields["wire"]} />
        </div>
        <Field
          name="model"
          label="Model"
          list="models-known"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={typed?.["model"] ?? modelFirst}
          hint="Empty: the key’s default."
          error={refusal?.fields["model"]}
          className="sm:max-w-sm"
        />
        <datalist id="models-known">
          {models.map((model) => (
            <option key={model} value={model}>
              {model}
            </option>
          ))}
        </datalist>
        <fieldset>
          <legend className="mb-1 text-sm font-medium">A request with</legend>
          <div className="grid gap-x-6 sm:grid-cols-2">
            {TRAITS.map(({ trait, label }) => (
              <CheckField key={trait} name={trait} defaultChecked={typed?.[trait] === "on"}>
                {label}
              </CheckField>
            ))}
          </div>
        </fieldset>
        <Disclosure title="Paste a request body instead" open={Boolean(typed?.["body"]) || undefined}>
          <TextAreaField
            name="body"
            label="Body as JSON"
            rows={8}
            spellCheck={false}
            defaultValue={typed?.["body"]}
            hint="It stands for the model and everything ticked. Shorten long texts: which fields there are decides, not what is said."
            error={refusal?.fields["body"]}
            className="font-mono text-sm"
          />
        </Disclosure>
        <Button type="submit" look="primary" disabled={isPending} className="justify-self-start">
          Show what would happen
        </Button>
      </form>
      <div aria-live="polite">{state?.ok && <ForetoldLanes foretold={state} />}</div>
    </div>
  );
}

"use client";

import { useActionState } from "react";
import { setKeyOptionsAction } from "@/app/(dashboard)/dashboard/keys/[keyId]/actions";
import { Button } from "@/components/ui/button";
import { CheckField } from "@/components/ui/check-field";
import { DoneNote } from "@/components/ui/done-note";
import { FormAnswer } from "@/components/ui/form-answer";
import { SelectField } from "@/components/ui/select-field";
import type { KeyView } from "@/lib/keys/read";

type Options = Pick<KeyView, "id" | "spillBusy" | "spillLostToWallet" | "spillCannotToWallet" | "parametersStrict">;

const BUSY = [
  { value: "none", label: "Answer “busy, try again”" },
  { value: "own_key", label: "Go on to my own API key" },
  { value: "any", label: "Go on to my own API key or the wallet" },
];

export function KeyOptionsForm({ options }: { options: Options }) {
  const [state, submit, isPending] = useActionState(setKeyOptionsAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-5" noValidate>
      <FormAnswer message={refusal?.message} />
      <input type="hidden" name="keyId" value={options.id} />
      <SelectField
        key={`busy ${options.spillBusy}`}
        name="spillBusy"
        label="Busy"
        hint="The line for your ChatGPT account is full, or a request has stood in it too long."
        options={BUSY}
        defaultValue={refusal?.typed["spillBusy"] ?? options.spillBusy}
        error={refusal?.fields["spillBusy"]}
      />
      <fieldset>
        <legend className="text-sm font-medium">Lost</legend>
        <p className="text-sm text-muted">Signed out, or its container does not run. Your own API key takes over by itself.</p>
        <CheckField key={String(options.spillLostToWallet)} name="spillLostToWallet" defaultChecked={options.spillLostToWallet}>
          The wallet may take over too
        </CheckField>
      </fieldset>
      <fieldset>
        <legend className="text-sm font-medium">Cannot</legend>
        <p className="text-sm text-muted">
          A request wants what Codex cannot do here, as those of the Codex CLI itself do. Your own API key takes over by itself.
        </p>
        <CheckField key={String(options.spillCannotToWallet)} name="spillCannotToWallet" defaultChecked={options.spillCannotToWallet}>
          The wallet may take over too
        </CheckField>
      </fieldset>
      <fieldset>
        <legend className="text-sm font-medium">Sampling parameters</legend>
        <p className="text-sm text-muted">
          Codex decides itself how it samples. temperature, top_p, penalties and seed are left out there, and the request log lists them.
        </p>
        <CheckField key={String(options.parametersStrict)} name="parametersStrict" defaultChecked={options.parametersStrict}>
          Strict: a request with one of them does not take a Codex lane
        </CheckField>
      </fieldset>
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" disabled={isPending}>
          Save the fallback rules
        </Button>
        {state?.ok && <DoneNote>Saved. It counts from the next request.</DoneNote>}
      </div>
    </form>
  );
}

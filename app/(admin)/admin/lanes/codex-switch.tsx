"use client";

import { useActionState } from "react";
import { setCodexLanesAction } from "@/app/(admin)/admin/lanes/actions";
import { Badge } from "@/components/ui/badge";
import { DoneNote } from "@/components/ui/done-note";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";

export function CodexSwitch({ isOn }: { isOn: boolean }) {
  const [state, submit, isPending] = useActionState(setCodexLanesAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid max-w-xl gap-3" noValidate>
      <p className="text-sm">
        Now <Badge tone={isOn ? "good" : "bad"}>{isOn ? "on" : "off"}</Badge>
      </p>
      <input type="hidden" name="to" value={isOn ? "off" : "on"} />
      <Field
        name="note"
        label="Why"
        autoComplete="off"
        hint="For the audit log."
        defaultValue={refusal?.typed["note"]}
        error={refusal ? (refusal.fields["note"] ?? refusal.message) : undefined}
      />
      <Button type="submit" disabled={isPending} className={isOn ? "justify-self-start border-bad text-bad" : "justify-self-start"}>
        {isOn ? "Switch all Codex lanes off" : "Switch Codex lanes on"}
      </Button>
      {state?.ok && <DoneNote>{state.message}</DoneNote>}
    </form>
  );
}

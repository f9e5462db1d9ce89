"use client";

import { useActionState } from "react";
import { setTurnsMaxAction } from "@/app/(dashboard)/dashboard/lanes/actions";
import { DoneNote } from "@/components/ui/done-note";
import { Button } from "@/components/ui/button";
import { SelectField } from "@/components/ui/select-field";

export function TurnsForm({ laneId, turnsMax, turnsMost }: { laneId: string; turnsMax: number; turnsMost: number }) {
  const [state, submit, isPending] = useActionState(setTurnsMaxAction, null);
  const refusal = state?.ok === false ? state : null;
  const options = Array.from({ length: turnsMost }, (_, index) => ({ value: String(index + 1), label: String(index + 1) }));
  return (
    <form action={submit} className="grid max-w-xs grid-cols-[1fr_auto] items-end gap-2">
      <input type="hidden" name="laneId" value={laneId} />
      <SelectField
        key={turnsMax}
        name="turnsMax"
        label="At one time"
        options={options}
        defaultValue={refusal?.typed["turnsMax"] ?? String(turnsMax)}
        error={refusal ? (refusal.fields["turnsMax"] ?? refusal.message) : undefined}
      />
      <Button type="submit" disabled={isPending}>
        Save
      </Button>
      {state?.ok && <DoneNote className="col-span-2">{state.message}</DoneNote>}
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { setCanaryAction } from "@/app/(admin)/admin/lanes/actions";
import { DoneNote } from "@/components/ui/done-note";
import { Button } from "@/components/ui/button";
import { SelectField } from "@/components/ui/select-field";

type Props = { accountId: string; version: string | null; versions: readonly string[] };

/** One account runs another version than everybody, to see how it does. */
export function CanaryForm({ accountId, version, versions }: Props) {
  const [state, submit, isPending] = useActionState(setCanaryAction, null);
  const options = [{ value: "", label: "as everybody" }, ...versions.map((value) => ({ value, label: value }))];
  return (
    <form action={submit} className="grid gap-2">
      <input type="hidden" name="accountId" value={accountId} />
      <SelectField
        key={version}
        id={`version-${accountId}`}
        name="version"
        label="Codex CLI"
        options={options}
        defaultValue={version ?? ""}
        error={state?.ok === false ? state.message : undefined}
      />
      <Button type="submit" disabled={isPending}>
        Set
      </Button>
      {state?.ok && <DoneNote className="text-xs">{state.message}</DoneNote>}
    </form>
  );
}

"use client";

import { useActionState } from "react";
import { setTimeZoneAction } from "@/app/(dashboard)/dashboard/settings/actions";
import { FIELD_WIDTH } from "@/components/settings/field-width";
import { Button } from "@/components/ui/button";
import { DoneNote } from "@/components/ui/done-note";
import { FormAnswer } from "@/components/ui/form-answer";
import { SelectField } from "@/components/ui/select-field";

/** `chosen` null: as the browser says. */
export function TimeZoneForm({ chosen, zones }: { chosen: string | null; zones: readonly string[] }) {
  const [state, submit, isPending] = useActionState(setTimeZoneAction, null);
  const refusal = state?.ok === false ? state : null;
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.message} />
      <SelectField
        name="timeZone"
        label="Time zone"
        options={[{ value: "", label: "As my browser says" }, ...zones.map((zone) => ({ value: zone, label: zone.replaceAll("_", " ") }))]}
        defaultValue={refusal?.typed["timeZone"] ?? chosen ?? ""}
        error={refusal?.fields["timeZone"]}
        className={FIELD_WIDTH}
      />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" disabled={isPending}>
          Save the time zone
        </Button>
        {state?.ok && <DoneNote>Saved.</DoneNote>}
      </div>
    </form>
  );
}

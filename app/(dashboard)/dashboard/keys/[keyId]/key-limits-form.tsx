"use client";

import { useActionState } from "react";
import { setKeyLimitsAction } from "@/app/(dashboard)/dashboard/keys/[keyId]/actions";
import { AccountReadField } from "@/components/keys/account-read-field";
import { chosenLanes, LaneChoice, type LaneOption } from "@/components/keys/lane-choice";
import { LimitFields } from "@/components/keys/limit-fields";
import type { LowBudgets } from "@/components/keys/low-budget-note";
import { Button } from "@/components/ui/button";
import { DoneNote } from "@/components/ui/done-note";
import { FormAnswer } from "@/components/ui/form-answer";
import { SelectField } from "@/components/ui/select-field";
import type { KeyView } from "@/lib/keys/read";

const MARKED = "Please check the marked fields.";
const EXPIRIES = [
  { value: "never", label: "Never" },
  { value: "1", label: "In a day from now" },
  { value: "7", label: "In 7 days from now" },
  { value: "30", label: "In 30 days from now" },
  { value: "90", label: "In 90 days from now" },
  { value: "365", label: "In a year from now" },
];

type Props = {
  apiKey: KeyView;
  lanes: readonly LaneOption[];
  /** What a request of the key holds of the wallet at the least; null while the wallet pays for none. */
  leastHoldUsd: string | null;
  lowBudgets: LowBudgets | null;
};

export function KeyLimitsForm({ apiKey, lanes, leastHoldUsd, lowBudgets }: Props) {
  const [state, submit, isPending] = useActionState(setKeyLimitsAction, null);
  const refusal = state?.ok === false ? state : null;
  const typed = refusal?.typed;
  const asItIs = { value: "keep", label: apiKey.expiresAt ? "As it is" : "As it is: never" };
  return (
    <form action={submit} className="grid gap-5" noValidate>
      <FormAnswer message={refusal ? (Object.keys(refusal.fields).length > 0 ? MARKED : refusal.message) : undefined} />
      <input type="hidden" name="keyId" value={apiKey.id} />
      {apiKey.replacedBy === null ? (
        <SelectField
          name="expires"
          label="Expires"
          options={[asItIs, ...(apiKey.expiresAt ? EXPIRIES : EXPIRIES.slice(1))]}
          defaultValue={typed?.["expires"] ?? "keep"}
          error={refusal?.fields["expires"]}
        />
      ) : (
        <input type="hidden" name="expires" value="keep" />
      )}
      <LaneChoice lanes={lanes} chosen={typed ? chosenLanes(typed, lanes) : apiKey.laneIds} error={refusal?.fields["lanes"]} />
      <AccountReadField checked={typed ? typed["accountRead"] === "on" : apiKey.accountRead} />
      <LimitFields limits={apiKey} leastHoldUsd={leastHoldUsd} lowBudgets={lowBudgets} typed={typed} errors={refusal?.fields} />
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" look="primary" disabled={isPending}>
          Save the limits
        </Button>
        {state?.ok && <DoneNote>Saved. It counts from the next request.</DoneNote>}
      </div>
    </form>
  );
}

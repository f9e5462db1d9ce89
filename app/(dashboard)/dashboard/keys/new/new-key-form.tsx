"use client";

import Link from "next/link";
import { useActionState } from "react";
import { issueKeyAction } from "@/app/(dashboard)/dashboard/keys/new/actions";
import { AccountReadField } from "@/components/keys/account-read-field";
import { chosenLanes, LaneChoice, type LaneOption } from "@/components/keys/lane-choice";
import { LimitFields } from "@/components/keys/limit-fields";
import { LowBudgetNote, type LowBudgets } from "@/components/keys/low-budget-note";
import { SecretOnce } from "@/components/keys/secret-once";
import { Button, buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Disclosure } from "@/components/ui/disclosure";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";
import { SelectField } from "@/components/ui/select-field";

const EXPIRIES = [
  { value: "never", label: "Never" },
  { value: "1", label: "In a day" },
  { value: "7", label: "In 7 days" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];
const MARKED = "Please check the marked fields.";
const LIMITS = ["models", "ipAllow", "concurrencyMax", "requestsPerMinuteMax", "budgetDay", "budgetWeek", "budgetMonth"];

type Props = {
  lanes: readonly LaneOption[];
  /** What a request holds of the wallet at the least; null while the wallet pays for no model. */
  leastHoldUsd: string | null;
};

export function NewKeyForm({ lanes, leastHoldUsd }: Props) {
  const [state, submit, isPending] = useActionState(issueKeyAction, null);
  if (state?.ok) return <MadeKey {...state} />;
  const typed = state?.typed;
  const errors = state?.fields;
  const isLimitTyped = LIMITS.some((name) => typed?.[name]);
  return (
    <Card title="What it may do" note="All of this can be changed later. The secret is shown once, on the next screen.">
      <form action={submit} className="grid gap-5" noValidate>
        <FormAnswer message={state ? (Object.keys(state.fields).length > 0 ? MARKED : state.message) : undefined} />
        <Field
          name="name"
          label="Name"
          placeholder="my laptop"
          hint="Where it will be used: this is how you find it again."
          autoComplete="off"
          defaultValue={typed?.["name"]}
          error={errors?.["name"]}
        />
        <SelectField
          name="expires"
          label="Expires"
          options={EXPIRIES}
          defaultValue={typed?.["expires"] ?? "never"}
          error={errors?.["expires"]}
        />
        <LaneChoice lanes={lanes} chosen={typed ? chosenLanes(typed, lanes) : null} error={errors?.["lanes"]} />
        <AccountReadField checked={typed?.["accountRead"] === "on"} />
        <Disclosure title="Budgets, models, addresses and rates" open={isLimitTyped || undefined}>
          <LimitFields limits={null} leastHoldUsd={leastHoldUsd} typed={typed} errors={errors} />
        </Disclosure>
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" disabled={isPending}>
            Make the key
          </Button>
          <Link href="/dashboard/keys" className={buttonClass()}>
            Cancel
          </Link>
        </div>
      </form>
    </Card>
  );
}

function MadeKey({ keyId, name, secret, lowBudgets }: { keyId: string; name: string; secret: string; lowBudgets: LowBudgets | null }) {
  return (
    <Card title={`${name} is ready`}>
      <div className="grid gap-4">
        <SecretOnce secret={secret} what="the key" />
        {lowBudgets && <LowBudgetNote {...lowBudgets} />}
        <p className="text-sm text-muted">
          For Codex, paste it on the setup page: it stays in your browser there, and every command then holds it.
        </p>
        <div className="flex flex-wrap gap-2">
          <Link href="/dashboard/keys" className={buttonClass("primary")}>
            I have saved it
          </Link>
          <Link href="/dashboard/setup?key=paste" className={buttonClass()}>
            Set up Codex
          </Link>
          {lowBudgets && (
            <Link href={`/dashboard/keys/${keyId}`} className={buttonClass()}>
              Change its budget
            </Link>
          )}
        </div>
      </div>
    </Card>
  );
}

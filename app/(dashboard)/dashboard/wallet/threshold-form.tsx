"use client";

import { X } from "lucide-react";
import { useActionState } from "react";
import { addThresholdAction, removeThresholdAction } from "@/app/(dashboard)/dashboard/wallet/actions";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";
import { Money } from "@/components/ui/money";
import { formatUsd, parseUsd } from "@/lib/money/micro-usd";
import type { BalanceAlertView } from "@/lib/wallet/balance-alerts";

/** Each threshold can be taken away by itself; one field adds another. */
export function ThresholdForm({ alerts }: { alerts: readonly BalanceAlertView[] }) {
  const [state, submit, isPending] = useActionState(addThresholdAction, null);
  const refusal = state?.ok === false ? state : null;
  const error = refusal?.fields["threshold"];
  return (
    <div className="grid gap-4">
      {alerts.length > 0 && (
        <ul className="grid gap-1">
          {alerts.map((alert) => (
            <Threshold key={alert.thresholdUsd} alert={alert} />
          ))}
        </ul>
      )}
      <form action={submit} className="grid gap-3" noValidate>
        {refusal && !error && <FormAnswer message={refusal.message} />}
        <div className="flex flex-wrap items-start gap-3">
          <div className="min-w-0 flex-[1_1_9rem]">
            <Field
              // A threshold that was taken leaves the field empty.
              key={alerts.length}
              name="threshold"
              label="Tell me below, in USD"
              inputMode="decimal"
              placeholder="5.00"
              autoComplete="off"
              defaultValue={refusal?.typed["threshold"] ?? ""}
              error={error}
            />
          </div>
          <Button type="submit" disabled={isPending} className="mt-[1.625rem]">
            Add
          </Button>
        </div>
      </form>
    </div>
  );
}

function Threshold({ alert: { thresholdUsd, firedAt } }: { alert: BalanceAlertView }) {
  const [state, submit, isPending] = useActionState(removeThresholdAction, null);
  return (
    <li>
      <form action={submit} className="flex items-center justify-between gap-3 border-b border-line text-sm">
        <input type="hidden" name="threshold" value={thresholdUsd} />
        <span className="flex flex-wrap items-center gap-x-2">
          Below <Money usd={thresholdUsd} />
          {firedAt && <Badge tone="warn">below it now</Badge>}
        </span>
        <button
          type="submit"
          disabled={isPending}
          aria-label={`Remove the threshold ${formatUsd(parseUsd(thresholdUsd))}`}
          className="inline-flex size-target items-center justify-center rounded-md text-muted hover:bg-ink/6 hover:text-ink"
        >
          <X aria-hidden size={16} />
        </button>
      </form>
      {state?.ok === false && <FormAnswer message={state.message} />}
    </li>
  );
}

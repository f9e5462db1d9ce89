import type { ReactNode } from "react";
import { DisclosureSummary } from "@/components/site/disclosure-summary";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { coversField, priceField, type CalculatorFields } from "@/lib/site/calculator-query";
import { PLAN_TIERS } from "@/lib/site/plan-tiers";

type CalculatorFormProps = {
  fields: CalculatorFields;
  defaults: CalculatorFields;
  problems: CalculatorFields;
  onChange: (name: string, text: string) => void;
};

const RATES = [
  { name: "input", label: "Input tokens" },
  { name: "cached", label: "Cached input tokens" },
  { name: "output", label: "Output tokens" },
] as const;

/** A plain form that asks the server for the same page, until the script has taken over. */
export function CalculatorForm({ fields, defaults, problems, onChange }: CalculatorFormProps) {
  const field = (name: string, label: string, hint?: string) => (
    <Field
      key={name}
      name={name}
      label={label}
      {...(hint === undefined ? {} : { hint })}
      error={problems[name]}
      inputMode="decimal"
      autoComplete="off"
      maxLength={20}
      value={fields[name] ?? ""}
      onChange={(event) => onChange(name, event.target.value)}
    />
  );
  const isChanged = (names: readonly string[]) => names.some((name) => fields[name] !== defaults[name]);
  const planFields = PLAN_TIERS.flatMap(({ id }) => [priceField(id), coversField(id)]);
  const rateFields = RATES.map(({ name }) => name);
  return (
    <form
      method="get"
      action="/calculator"
      className="grid gap-4 rounded-lg border border-line bg-panel p-4 sm:p-5"
      onSubmit={(event) => event.preventDefault()}
    >
      {field("bill", "Monthly OpenAI bill, US$", "For the API, without ChatGPT subscriptions.")}
      {field(
        "share",
        "Of it, work for a Codex lane, %",
        "Text and function calls on Responses or Chat Completions. Not embeddings, audio, images or batches.",
      )}
      {field("fee", "Platform fee per month, US$", "As this installation charges it.")}
      <Group title="About the plans" isOpen={isChanged(planFields) || planFields.some((name) => problems[name])}>
        {PLAN_TIERS.map(({ id, name }) => (
          <fieldset key={id} className="grid gap-3">
            <legend className="mb-2 text-sm font-semibold">{name}</legend>
            {field(priceField(id), "Price per month, US$", "0 if you pay for it anyway.")}
            {field(coversField(id), "Answers per month, US$ of API use", "Estimate.")}
          </fieldset>
        ))}
      </Group>
      <Group title="About token prices" isOpen={isChanged(rateFields) || rateFields.some((name) => problems[name])}>
        <p className="text-sm text-muted">
          Only for an export of usage, which has tokens and no amounts. US$ per million; estimate for any model.
        </p>
        {RATES.map(({ name, label }) => field(name, label))}
      </Group>
      <Button type="submit">Compare</Button>
    </form>
  );
}

function Group({ title, isOpen, children }: { title: string; isOpen: boolean; children: ReactNode }) {
  return (
    <details open={isOpen || undefined} className="group border-t border-line pt-1">
      <DisclosureSummary>{title}</DisclosureSummary>
      <div className="grid gap-5 pt-2 pb-1">{children}</div>
    </details>
  );
}

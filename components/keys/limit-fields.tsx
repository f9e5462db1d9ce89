import { LowBudgetNote, type LowBudgets } from "@/components/keys/low-budget-note";
import { Field } from "@/components/ui/field";
import { Money } from "@/components/ui/money";
import type { KeyView } from "@/lib/keys/read";

type Limits = Pick<KeyView, "models" | "ipAllow" | "concurrencyMax" | "requestsPerMinuteMax" | "day" | "week" | "month">;

type Props = {
  /** What the key has; null for a new one. */
  limits: Limits | null;
  /** What a request holds of the wallet at the least; null while the wallet pays for no model. */
  leastHoldUsd: string | null;
  /** Of what the key has. */
  lowBudgets?: LowBudgets | null;
  typed: Record<string, string> | undefined;
  errors: Record<string, string> | undefined;
};

/** Everything that bounds a key; an empty field bounds nothing. */
export function LimitFields({ limits, leastHoldUsd, lowBudgets = null, typed, errors }: Props) {
  const field = (name: string, kept: string | number | null | undefined) => ({
    name,
    defaultValue: typed?.[name] ?? kept ?? "",
    error: errors?.[name],
    autoComplete: "off",
  });
  return (
    <div className="grid gap-4">
      <fieldset>
        <legend className="text-sm font-medium">Budgets in US dollars</legend>
        <p className="mb-1.5 text-sm text-muted">
          Wallet money per UTC day, week and month. At a budget the key answers “budget reached”; the wallet itself is not touched.
          {leastHoldUsd !== null && (
            <>
              {" "}
              A request holds at least <Money usd={leastHoldUsd} /> of it while it runs, unless it asks for a shorter answer.
            </>
          )}
        </p>
        <div className="grid gap-3 sm:grid-cols-3">
          <Field {...field("budgetDay", plain(limits?.day.budgetUsd))} label="Per day" placeholder="no limit" inputMode="decimal" />
          <Field {...field("budgetWeek", plain(limits?.week.budgetUsd))} label="Per week" placeholder="no limit" inputMode="decimal" />
          <Field {...field("budgetMonth", plain(limits?.month.budgetUsd))} label="Per month" placeholder="no limit" inputMode="decimal" />
        </div>
        {lowBudgets && (
          <div className="mt-3">
            <LowBudgetNote {...lowBudgets} />
          </div>
        )}
      </fieldset>
      <Field
        {...field("models", limits?.models?.join(", "))}
        label="Models"
        placeholder="every model"
        hint="Only these, with commas between them: gpt-5.5, gpt-6.1-sol. Any name is taken: your own key may serve models that we do not know."
        autoCapitalize="none"
        spellCheck={false}
      />
      <Field
        {...field("ipAllow", limits?.ipAllow?.join(", "))}
        label="Addresses"
        placeholder="from anywhere"
        hint="Only from these addresses or ranges: 203.0.113.7, 2001:db8::/32"
        autoCapitalize="none"
        spellCheck={false}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <Field
          {...field("concurrencyMax", limits?.concurrencyMax)}
          label="Running at one time"
          placeholder="no limit"
          inputMode="numeric"
        />
        <Field
          {...field("requestsPerMinuteMax", limits?.requestsPerMinuteMax)}
          label="Requests per minute"
          placeholder="no limit"
          inputMode="numeric"
        />
      </div>
    </div>
  );
}

/** `5.000000` as a person would type it. */
function plain(usd: string | null | undefined): string | null {
  return usd ? usd.replace(/\.?0+$/, "") : null;
}

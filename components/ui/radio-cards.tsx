import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

type RadioCardsProps = {
  name: string;
  legend: ReactNode;
  options: readonly { value: string; label: ReactNode; note?: ReactNode; disabled?: boolean }[];
  defaultValue?: string;
  error?: string | undefined;
  /** When it matters while one looks, and not only to the form. */
  onValueChange?: (value: string) => void;
  columns?: 1 | 2 | 3;
};

const COLUMNS = { 1: "grid-cols-1", 2: "grid-cols-1 sm:grid-cols-2", 3: "grid-cols-1 sm:grid-cols-3" };

/** One of a few ways, each with its meaning. */
export function RadioCards({ name, legend, options, defaultValue, error, onValueChange, columns = 1 }: RadioCardsProps) {
  const errorId = `${name}-note`;
  return (
    <fieldset className="min-w-0" aria-describedby={error ? errorId : undefined}>
      <legend className="mb-1.5 text-sm font-medium">{legend}</legend>
      <div className={cn("grid gap-2", COLUMNS[columns])}>
        {options.map(({ value, label, note, disabled }) => (
          <label
            key={value}
            className="flex min-h-target cursor-pointer items-start gap-3 rounded-md border border-edge bg-panel px-3 py-2.5 text-sm hover:border-ink has-checked:border-accent has-checked:bg-accent-soft has-disabled:cursor-default has-disabled:opacity-60"
          >
            <input
              type="radio"
              name={name}
              value={value}
              disabled={disabled}
              defaultChecked={value === defaultValue}
              onChange={onValueChange && (() => onValueChange(value))}
              className="mt-0.5 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0 wrap-anywhere">
              <span className="font-medium">{label}</span>
              {note && <span className="block text-muted">{note}</span>}
            </span>
          </label>
        ))}
      </div>
      {error && (
        <p id={errorId} className="mt-1.5 text-sm text-bad">
          {error}
        </p>
      )}
    </fieldset>
  );
}

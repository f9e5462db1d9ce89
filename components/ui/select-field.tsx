import type { ComponentProps } from "react";
import { cn } from "@/components/ui/cn";

type Props = ComponentProps<"select"> & {
  name: string;
  label: string;
  hint?: string;
  error?: string | undefined;
  options: readonly { value: string; label: string }[];
};

/** A labelled choice, as `Field` is a labelled input. */
export function SelectField({ name, label, hint, error, options, className, id = name, ...select }: Props) {
  const noteId = `${id}-note`;
  return (
    <div className="grid min-w-0 grid-cols-1 content-start gap-1.5">
      <label htmlFor={id} className="text-sm font-medium wrap-anywhere">
        {label}
      </label>
      <select
        // React does not follow a default that changes, and resets a form to its first one: what was chosen would be lost by a refusal.
        key={String(select.defaultValue)}
        id={id}
        name={name}
        aria-invalid={error ? true : undefined}
        aria-describedby={(error ?? hint) ? noteId : undefined}
        className={cn(
          "min-h-target w-full rounded-md border border-edge bg-panel px-3 text-base text-ink aria-invalid:border-bad disabled:bg-sunken disabled:text-muted",
          className,
        )}
        {...select}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      {(error ?? hint) && (
        <p id={noteId} className={cn("text-sm", error ? "text-bad" : "text-muted")}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

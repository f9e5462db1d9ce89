import type { ComponentProps } from "react";
import { cn } from "@/components/ui/cn";

type Props = ComponentProps<"textarea"> & { name: string; label: string; hint?: string; error?: string | undefined };

/** As `Field`, for more than one line. */
export function TextAreaField({ name, label, hint, error, className, ...textarea }: Props) {
  const noteId = `${name}-note`;
  return (
    <div className="grid gap-1.5">
      <label htmlFor={name} className="text-sm font-medium">
        {label}
      </label>
      <textarea
        id={name}
        name={name}
        aria-invalid={error ? true : undefined}
        aria-describedby={(error ?? hint) ? noteId : undefined}
        className={cn(
          "w-full rounded-md border border-edge bg-panel px-3 py-2 text-base text-ink placeholder:text-muted",
          "aria-invalid:border-bad aria-invalid:outline-bad",
          className,
        )}
        {...textarea}
      />
      {(error ?? hint) && (
        <p id={noteId} className={cn("text-sm", error ? "text-bad" : "text-muted")}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

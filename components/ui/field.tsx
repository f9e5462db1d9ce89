import type { ComponentProps } from "react";
import { cn } from "@/components/ui/cn";
import { Input } from "@/components/ui/input";

type FieldProps = ComponentProps<"input"> & { name: string; label: string; hint?: string; error?: string | undefined };

/** A labelled input. The hint, or the error that takes its place, is tied to it. */
export function Field({ name, label, hint, error, id = name, ...input }: FieldProps) {
  const noteId = `${id}-note`;
  return (
    <div className="grid min-w-0 grid-cols-1 content-start gap-1.5">
      <label htmlFor={id} className="text-sm font-medium wrap-anywhere">
        {label}
      </label>
      <Input
        id={id}
        name={name}
        aria-invalid={error ? true : undefined}
        aria-describedby={(error ?? hint) ? noteId : undefined}
        {...input}
      />
      {(error ?? hint) && (
        <p id={noteId} className={cn("text-sm", error ? "text-bad" : "text-muted")}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

import type { ComponentProps, ReactNode } from "react";

type Props = Omit<ComponentProps<"input">, "type"> & { name: string; children: ReactNode; error?: string | undefined };

/** A statement that one agrees to, or an option with its meaning. */
export function CheckField({ name, children, error, ...input }: Props) {
  const noteId = `${name}-note`;
  return (
    <div className="min-w-0">
      <label className="flex min-h-target items-start gap-3 rounded-md py-2.5 text-sm">
        <input
          type="checkbox"
          name={name}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? noteId : undefined}
          className="size-5 shrink-0 accent-accent"
          {...input}
        />
        <span className="min-w-0 wrap-anywhere">{children}</span>
      </label>
      {error && (
        <p id={noteId} className="pl-8 text-sm text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

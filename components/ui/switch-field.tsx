import type { ComponentProps, ReactNode } from "react";

type Props = Omit<ComponentProps<"input">, "type"> & { name: string; label: ReactNode; note?: ReactNode; error?: string | undefined };

/** On or off. A checkbox underneath: it is sent with its form also before JavaScript loads. */
export function SwitchField({ name, label, note, error, id = name, ...input }: Props) {
  const noteId = `${id}-note`;
  return (
    <div className="min-w-0">
      <label className="flex min-h-target items-center justify-between gap-4 py-2 text-sm has-disabled:opacity-60">
        <span className="min-w-0 wrap-anywhere">
          <span className="font-medium">{label}</span>
          {note && (
            <span id={error ? undefined : noteId} className="block text-muted">
              {note}
            </span>
          )}
        </span>
        <input
          type="checkbox"
          // A checkbox tells by itself whether it is checked.
          // oxlint-disable-next-line jsx-a11y/role-has-required-aria-props
          role="switch"
          id={id}
          name={name}
          aria-invalid={error ? true : undefined}
          aria-describedby={(error ?? note) ? noteId : undefined}
          className="switch"
          {...input}
        />
      </label>
      {error && (
        <p id={noteId} className="text-sm text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

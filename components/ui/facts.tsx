import type { ReactNode } from "react";

/** Names and values, one under the other; side by side where there is room. */
export function Facts({ rows }: { rows: readonly { name: string; value: ReactNode }[] }) {
  return (
    <dl className="grid text-sm">
      {rows.map(({ name, value }) => (
        <div
          key={name}
          className="grid gap-x-4 border-t border-line py-2 first:border-t-0 first:pt-0 last:pb-0 sm:grid-cols-[11rem_minmax(0,1fr)]"
        >
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

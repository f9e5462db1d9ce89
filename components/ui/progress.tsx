import type { ReactNode } from "react";

/** How far something has come that has an end. `percent` null: nobody knows yet. */
export function Progress({ label, percent, note }: { label: string; percent: number | null; note?: ReactNode }) {
  return (
    <div className="grid gap-1.5 text-sm">
      <div className="flex justify-between gap-3">
        <span>{label}</span>
        {percent !== null && <span className="numeric text-muted">{percent} %</span>}
      </div>
      <progress aria-label={label} max={100} value={percent ?? undefined} className="progress" />
      {note && <p className="text-muted">{note}</p>}
    </div>
  );
}

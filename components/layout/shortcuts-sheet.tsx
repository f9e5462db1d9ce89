"use client";

import type { ShellLink } from "@/components/layout/shell-links";
import { Kbd } from "@/components/ui/kbd";
import { Sheet } from "@/components/ui/sheet";

type Props = { links: readonly ShellLink[]; open: boolean; onOpenChange: (open: boolean) => void };

export function ShortcutsSheet({ links, open, onOpenChange }: Props) {
  const goes = links.flatMap(({ label, goKey }) => (goKey ? [{ label, keys: ["g", goKey] }] : []));
  return (
    <Sheet title="Keyboard shortcuts" open={open} onOpenChange={onOpenChange}>
      <Shortcuts
        title="Anywhere"
        rows={[
          { label: "Search and commands", keys: ["Ctrl", "K"] },
          { label: "This list", keys: ["?"] },
          { label: "Close what is open", keys: ["Esc"] },
        ]}
      />
      <Shortcuts title="Go to" rows={goes} />
      <Shortcuts title="In a chart" rows={[{ label: "The bar beside", keys: ["←", "→"] }]} />
    </Sheet>
  );
}

function Shortcuts({ title, rows }: { title: string; rows: readonly { label: string; keys: readonly string[] }[] }) {
  return (
    <section className="[&+&]:mt-6">
      <h3 className="mb-1 text-sm font-medium">{title}</h3>
      <dl className="divide-y divide-line text-sm">
        {rows.map(({ label, keys }) => (
          <div key={label} className="flex items-center justify-between gap-4 py-2">
            <dt className="text-muted">{label}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

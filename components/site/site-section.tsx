import type { ReactNode } from "react";

export function SiteSection({ id, title, lead, children }: { id?: string; title: string; lead?: ReactNode; children: ReactNode }) {
  return (
    <section id={id} className="min-w-0 scroll-mt-6">
      <h2 className="text-xl font-semibold tracking-tight text-balance">{title}</h2>
      {lead && <p className="mt-2 max-w-2xl text-pretty text-muted">{lead}</p>}
      <div className="mt-5">{children}</div>
    </section>
  );
}

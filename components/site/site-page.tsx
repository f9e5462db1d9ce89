import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

type SitePageProps = {
  title: ReactNode;
  lead?: ReactNode;
  /** For running text, whose lines must not be long. */
  narrow?: boolean;
  children: ReactNode;
};

/** A public page with its heading. */
export function SitePage({ title, lead, narrow, children }: SitePageProps) {
  return (
    <div className={cn("mx-auto w-full px-4 py-10 sm:py-14", narrow ? "max-w-3xl" : "max-w-6xl")}>
      <h1 className="text-2xl font-semibold tracking-tight text-balance">{title}</h1>
      {lead && <div className="mt-3 max-w-2xl text-lg text-pretty text-muted">{lead}</div>}
      <div className="mt-8 grid grid-cols-[minmax(0,1fr)] gap-10">{children}</div>
    </div>
  );
}

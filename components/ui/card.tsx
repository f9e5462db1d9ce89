import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

type CardProps = {
  title: ReactNode;
  /** One line under the title. */
  note?: ReactNode;
  /** At the right of the title. */
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
  /** For links to it. */
  id?: string;
};

export function Card({ title, note, aside, children, className, id }: CardProps) {
  return (
    <section id={id} className={cn("min-w-0 rounded-lg border border-line bg-panel p-4 sm:p-5", className)}>
      <div className="mb-3 flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="text-base font-semibold">{title}</h2>
        {aside && <div className="text-sm text-muted">{aside}</div>}
        {note && <p className="w-full text-sm text-muted">{note}</p>}
      </div>
      {children}
    </section>
  );
}

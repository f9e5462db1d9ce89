import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

type AccordionProps = {
  items: readonly { id: string; title: ReactNode; content: ReactNode; open?: boolean }[];
  /** With a name, opening one closes the others of the same name. */
  name?: string;
};

/** Answers behind their questions; works without JavaScript, and the browser's search opens them. */
export function Accordion({ items, name }: AccordionProps) {
  return (
    <div className="divide-y divide-line border-y border-line">
      {items.map(({ id, title, content, open }) => (
        <details key={id} id={id} name={name} open={open} className="group">
          <summary className="flex min-h-target cursor-pointer list-none items-center justify-between gap-4 py-2.5 font-medium hover:text-accent [&::-webkit-details-marker]:hidden">
            {title}
            <ChevronRight
              aria-hidden
              size={16}
              className="shrink-0 text-muted transition-transform group-open:rotate-90 motion-reduce:transition-none"
            />
          </summary>
          <div className="pb-4 text-muted">{content}</div>
        </details>
      ))}
    </div>
  );
}

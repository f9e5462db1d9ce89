import type { ReactNode } from "react";
import { BackLink } from "@/components/ui/back-link";

type PageHeadingProps = {
  title: ReactNode;
  /** One or two sentences under it. */
  note?: ReactNode;
  /** At the right; below on phones. */
  actions?: ReactNode;
  /** The screen above this one. */
  back?: { href: string; label: string };
  /** 2 where it is not the page's own. */
  level?: 1 | 2;
};

export function PageHeading({ title, note, actions, back, level = 1 }: PageHeadingProps) {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <header className="mb-5 grid gap-1">
      {back && <BackLink href={back.href}>{back.label}</BackLink>}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <Heading className="text-xl font-semibold tracking-tight wrap-anywhere">{title}</Heading>
          {note && <p className="mt-1 max-w-prose text-sm text-muted">{note}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
    </header>
  );
}

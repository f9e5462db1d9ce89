import { ChevronLeft } from "lucide-react";
import Link from "next/link";

/** To the screen above this one. */
export function BackLink({ href, children }: { href: string; children: string }) {
  return (
    <Link
      href={href}
      className="-mb-2 -ml-1 inline-flex min-h-target items-center gap-1 justify-self-start text-sm text-muted hover:text-ink"
    >
      <ChevronLeft aria-hidden size={16} />
      {children}
    </Link>
  );
}

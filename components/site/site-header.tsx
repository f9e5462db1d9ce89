import { Menu } from "lucide-react";
import Link from "next/link";
import { BrandMark } from "@/components/layout/brand-mark";
import { SiteNavLinks } from "@/components/site/site-nav-links";
import { HEADER_LINKS } from "@/components/site/site-links";
import { buttonClass } from "@/components/ui/button";

type SiteHeaderProps = {
  brandName: string;
  /** Where the signed-in viewer works; null: a stranger. */
  dashboardHref: string | null;
  canSignUp: boolean;
};

/** The menu of narrow screens is a disclosure of the browser's own: it opens before any script has loaded. */
export function SiteHeader({ brandName, dashboardHref, canSignUp }: SiteHeaderProps) {
  const doors = dashboardHref
    ? [{ href: dashboardHref, label: "Dashboard", look: "primary" as const }]
    : [
        { href: "/sign-in", label: "Sign in", look: canSignUp ? ("quiet" as const) : ("primary" as const) },
        ...(canSignUp ? [{ href: "/sign-up", label: "Get started", look: "primary" as const }] : []),
      ];
  const main = doors.at(-1);
  return (
    <header className="border-b border-line bg-panel">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-10 focus:m-2 focus:inline-flex focus:min-h-target focus:items-center focus:bg-panel focus:px-3"
      >
        Skip to the content
      </a>
      <div className="relative mx-auto flex max-w-6xl items-center gap-x-6 px-4 py-2">
        <Link href="/" className="inline-flex min-h-target min-w-0 items-center">
          <BrandMark name={brandName} />
        </Link>
        <nav aria-label="Site" className="hidden gap-x-1 md:flex">
          <SiteNavLinks links={HEADER_LINKS} />
        </nav>
        <div className="ml-auto hidden items-center gap-1 md:flex">
          {doors.map(({ href, label, look }) => (
            <Link key={href} href={href} className={buttonClass(look)}>
              {label}
            </Link>
          ))}
        </div>
        {main && (
          <Link href={main.href} className={`${buttonClass(main.look, "sm")} ml-auto md:hidden`}>
            {main.label}
          </Link>
        )}
        <details className="group -mr-2 -ml-4 md:hidden">
          <summary
            aria-label="Menu"
            className="grid size-target list-none place-items-center rounded-md text-muted hover:bg-sunken hover:text-ink [&::-webkit-details-marker]:hidden"
          >
            <Menu aria-hidden size={20} />
          </summary>
          <nav aria-label="Menu" className="absolute inset-x-0 top-full z-10 grid border-b border-line bg-panel px-4 pb-3 shadow-overlay">
            <SiteNavLinks links={[...HEADER_LINKS, ...doors.slice(0, -1)]} />
          </nav>
        </details>
      </div>
    </header>
  );
}

"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { ShellIcon } from "@/components/layout/shell-icon";
import type { ShellLink, ShellLinks } from "@/components/layout/shell-links";
import { cn } from "@/components/ui/cn";

type NavLinksProps = {
  groups: ShellLinks;
  /** After a link was followed: a menu closes. */
  onFollow?: () => void;
};

export function NavLinks({ groups, onFollow }: NavLinksProps) {
  const here = closest(groups.flat(), usePathname());
  return groups.map((links) => (
    <ul key={links[0]?.href} className="grid gap-0.5 [&+&]:mt-3 [&+&]:border-t [&+&]:border-line [&+&]:pt-3">
      {links.map((link) => (
        <li key={link.href}>
          <Link
            href={link.href}
            onClick={onFollow}
            aria-current={link === here ? "page" : undefined}
            className={cn(
              "flex min-h-target items-center gap-2.5 rounded-md px-2.5 text-sm lg:pointer-fine:min-h-9",
              link === here ? "bg-accent-soft font-medium text-accent" : "text-muted hover:bg-ink/6 hover:text-ink",
            )}
          >
            <ShellIcon name={link.icon} />
            {link.label}
          </Link>
        </li>
      ))}
    </ul>
  ));
}

/** Of two links that lead to this screen or above it, the deeper one. */
function closest(links: readonly ShellLink[], pathname: string): ShellLink | undefined {
  return links
    .filter(({ href }) => pathname === href || pathname.startsWith(`${href}/`))
    .toSorted((one, other) => other.href.length - one.href.length)[0];
}

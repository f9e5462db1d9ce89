"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { cn } from "@/components/ui/cn";

export function NavLink({ href, label }: { href: string; label: string }) {
  const pathname = usePathname();
  const isHere = pathname === href || pathname.startsWith(`${href}/`);
  return (
    <Link
      href={href}
      aria-current={isHere ? "page" : undefined}
      className={cn(
        "inline-flex min-h-target items-center px-2 text-sm font-medium max-sm:first:-ml-2",
        isHere ? "text-accent" : "text-muted hover:text-ink",
      )}
    >
      {label}
    </Link>
  );
}

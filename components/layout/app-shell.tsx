import Link from "next/link";
import type { ReactNode } from "react";
import { BrandMark } from "@/components/layout/brand-mark";
import { MenuButton } from "@/components/layout/menu-button";
import { NavLinks } from "@/components/layout/nav-links";
import type { ShellLinks } from "@/components/layout/shell-links";
import { ShellTools, type ShellToolsProps } from "@/components/layout/shell-tools";
import { UserMenu } from "@/components/layout/user-menu";
import { Button } from "@/components/ui/button";
import { Toaster } from "@/components/ui/toast";

type AppShellProps = Omit<ShellToolsProps, "links"> & {
  brandName: string;
  username: string;
  /** What stands at the side, in groups. */
  groups: ShellLinks;
  settingsHref?: string | undefined;
  /** The balance, where there is one to keep in view. */
  balance?: ReactNode;
  /** What concerns every page: a balance that runs out. */
  notices?: ReactNode;
  children: ReactNode;
};

/** Around every screen of somebody who is signed in. Its links and the sign-out work without JavaScript. */
export function AppShell({ brandName, username, groups, settingsHref, balance, notices, children, ...tools }: AppShellProps) {
  const brand = (
    <Link href={groups[0]?.[0]?.href ?? "/"} className="inline-flex min-h-target items-center">
      <BrandMark name={brandName} />
    </Link>
  );
  return (
    <div className="flex-1 lg:grid lg:grid-cols-[14rem_minmax(0,1fr)] lg:grid-rows-[1fr]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:m-2 focus:inline-flex focus:min-h-target focus:items-center focus:rounded-md focus:bg-raised focus:px-3 focus:shadow-overlay"
      >
        Skip to the content
      </a>
      <div className="border-r border-line bg-panel max-lg:hidden">
        <nav aria-label="Main" className="sticky top-0 grid max-h-dvh gap-3 overflow-y-auto px-3 pt-1.5 pb-4">
          <div className="px-2.5">{brand}</div>
          <NavLinks groups={groups} />
        </nav>
      </div>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-10 border-b border-line bg-panel print:hidden">
          <div className="flex min-h-14 items-center gap-1 px-4 sm:gap-3 lg:px-6">
            <div className="flex min-w-0 items-center gap-1 lg:hidden">
              <span className="needs-script">
                <MenuButton brandName={brandName} groups={groups} />
              </span>
              <span className="max-[26rem]:hidden">{brand}</span>
            </div>
            <div className="needs-script max-sm:order-1">
              <ShellTools {...tools} links={groups.flat()} />
            </div>
            <div className="ml-auto">{balance}</div>
            <div className="needs-script max-sm:order-2 max-sm:-mr-2">
              <UserMenu username={username} settingsHref={settingsHref} signOut={tools.signOut} />
            </div>
          </div>
          <noscript>
            <style>{".needs-script{display:none}"}</style>
            <div className="flex flex-wrap items-center gap-x-4 border-t border-line px-4 lg:justify-end lg:px-6">
              <nav aria-label="Main" className="flex flex-wrap gap-x-4 lg:hidden">
                {groups.flat().map(({ href, label }) => (
                  // A plain link: nothing takes it over where scripts are off.
                  <a key={href} href={href} className="inline-flex min-h-target items-center text-sm text-muted">
                    {label}
                  </a>
                ))}
              </nav>
              <form action={tools.signOut}>
                <Button type="submit" look="quiet" className="px-0">
                  Sign out
                </Button>
              </form>
            </div>
          </noscript>
        </header>
        <main id="main" className="flex-1">
          {/* From edge to edge: pages differ in width, and a box of another width above them looks misplaced. */}
          {notices && <div className="*:rounded-none *:border-x-0 *:border-t-0 *:px-4 *:py-0.5 lg:*:px-6">{notices}</div>}
          <div className="mx-auto w-full max-w-6xl px-4 py-6 lg:px-8 lg:py-8">{children}</div>
        </main>
      </div>
      <Toaster />
    </div>
  );
}

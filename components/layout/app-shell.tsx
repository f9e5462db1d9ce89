import { KeyRound, LogOut, UserRound } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { BrandMark } from "@/components/layout/brand-mark";
import { NavLinks } from "@/components/layout/nav-links";
import { ThemeToggle } from "@/components/layout/theme-toggle";
import { Button, buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";

type AppShellProps = {
  brandName: string;
  username: string;
  links: readonly { href: string; label: string }[];
  /** The balance, where there is one to keep in view. */
  balance: ReactNode;
  signOut: () => Promise<void>;
  children: ReactNode;
};

export function AppShell({ brandName, username, links, balance, signOut, children }: AppShellProps) {
  return (
    <>
      <header className="border-b border-line bg-panel">
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:absolute focus:z-10 focus:m-2 focus:inline-flex focus:min-h-target focus:items-center focus:bg-panel focus:px-3"
        >
          Skip to the content
        </a>
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-5 px-4 py-1">
          <Link href="/" className="inline-flex min-h-target items-center">
            <BrandMark name={brandName} />
          </Link>
          <nav aria-label="Main" className="flex flex-wrap gap-x-1 max-sm:order-1">
            <NavLinks links={links} />
          </nav>
          <div className="ml-auto">{balance}</div>
          <div className={cn("relative flex min-w-0 items-center max-sm:ml-auto", balance && "max-sm:order-1")}>
            <span className="flex min-w-0 items-center gap-2 px-2 text-sm text-muted max-sm:sr-only">
              <UserRound aria-hidden size={16} className="shrink-0" />
              <span className="max-w-40 truncate">{username}</span>
            </span>
            <Link href="/change-password" title="Change password" className={cn(buttonClass("quiet"), "px-2 max-sm:w-target")}>
              <KeyRound aria-hidden size={18} className="sm:hidden" />
              <span className="max-sm:sr-only">Change password</span>
            </Link>
            <form action={signOut}>
              <Button type="submit" look="quiet" title="Sign out" className="px-2 max-sm:-mr-2 max-sm:w-target">
                <LogOut aria-hidden size={18} className="sm:hidden" />
                <span className="max-sm:sr-only">Sign out</span>
              </Button>
            </form>
          </div>
        </div>
      </header>
      <main id="main" className="mx-auto w-full max-w-6xl flex-1 px-4 py-6">
        {children}
      </main>
      <footer className="mx-auto flex w-full max-w-6xl justify-end px-4 pb-6">
        <ThemeToggle />
      </footer>
    </>
  );
}

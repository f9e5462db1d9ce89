import Link from "next/link";
import { ThemeToggle } from "@/components/layout/theme-toggle";
import { FOOTER_LINKS } from "@/components/site/site-links";

export function SiteFooter({ brandName, operatorName }: { brandName: string; operatorName: string }) {
  return (
    <footer className="border-t border-line bg-panel">
      <div className="mx-auto grid max-w-6xl gap-8 px-4 py-10 sm:grid-cols-3 lg:grid-cols-[1fr_1fr_1fr_1.6fr]">
        {FOOTER_LINKS.map(({ title, links }) => (
          <nav key={title} aria-label={title}>
            <p className="text-sm font-semibold">{title}</p>
            <ul className="mt-1">
              {links.map(({ href, label }) => (
                <li key={href}>
                  <Link href={href} className="inline-flex min-h-target items-center text-sm text-muted hover:text-ink lg:min-h-9">
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
        ))}
        <div className="grid content-start gap-4 sm:col-span-3 lg:col-span-1">
          <p className="text-sm text-muted">
            {brandName} is independent software. It is not affiliated with, endorsed by or sponsored by OpenAI. OpenAI, ChatGPT and Codex
            are trademarks of OpenAI.
          </p>
          <p className="text-sm text-muted">Operated by {operatorName}.</p>
          <div>
            <ThemeToggle />
          </div>
        </div>
      </div>
    </footer>
  );
}

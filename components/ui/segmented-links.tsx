import Link from "next/link";
import { cn } from "@/components/ui/cn";

type SegmentedLinksProps = {
  /** Said to screen readers, and shown where `showLabel`. */
  label: string;
  options: readonly { label: string; href: string; current: boolean }[];
  showLabel?: boolean;
};

/** A choice that lives in the address, so that it survives a reload and can be sent to somebody. */
export function SegmentedLinks({ label, options, showLabel }: SegmentedLinksProps) {
  return (
    <nav aria-label={label} className="flex max-w-full flex-wrap items-center gap-x-3 gap-y-1">
      {showLabel && (
        <span aria-hidden className="text-sm text-muted">
          {label}
        </span>
      )}
      <ul className="flex max-w-full flex-wrap rounded-md border border-line bg-panel p-0.5">
        {options.map(({ label: name, href, current }) => (
          <li key={name}>
            <Link
              href={href}
              aria-current={current ? "true" : undefined}
              scroll={false}
              className={cn(
                "inline-flex min-h-target items-center rounded-sm px-3 text-sm whitespace-nowrap sm:pointer-fine:min-h-8",
                current ? "bg-ink/8 font-medium text-ink" : "text-muted hover:text-ink",
              )}
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

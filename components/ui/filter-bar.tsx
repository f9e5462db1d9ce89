import { X } from "lucide-react";
import Form from "next/form";
import Link from "next/link";
import type { ReactNode } from "react";
import { Button, buttonClass } from "@/components/ui/button";

type FilterBarProps = {
  /** Said to screen readers: "Filter the requests". */
  label: string;
  /** The address of the page; the fields go into its query. */
  action: string;
  /** Parts of the query that are not fields here and stay. */
  keep?: Record<string, string>;
  /** `Field`s and `SelectField`s. */
  children: ReactNode;
  /** What is filtered now, each with the address without it. */
  active?: readonly { label: string; href: string }[];
  /** The address without any filter. */
  resetHref?: string;
  submit?: string;
};

/** A form that writes its fields into the address; it works before JavaScript loads. */
export function FilterBar({ label, action, keep = {}, children, active = [], resetHref, submit = "Apply" }: FilterBarProps) {
  return (
    <search aria-label={label}>
      <Form action={action} scroll={false} className="grid gap-3">
        {Object.entries(keep).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <div className="grid grid-cols-[repeat(auto-fill,minmax(min(11rem,100%),1fr))] items-end gap-3">
          {children}
          <Button type="submit">{submit}</Button>
        </div>
      </Form>
      {active.length > 0 && (
        <ul aria-label="Filters in use" className="mt-3 flex flex-wrap items-center gap-2">
          {active.map(({ label: name, href }) => (
            <li key={name}>
              <Link
                href={href}
                scroll={false}
                className="relative inline-flex min-h-8 items-center gap-1.5 rounded-md border border-line bg-sunken px-2.5 text-sm after:absolute after:inset-x-0 after:top-1/2 after:h-target after:-translate-y-1/2 hover:border-edge"
              >
                <span className="sr-only">Remove </span>
                <span className="wrap-anywhere">{name}</span>
                <X aria-hidden size={14} className="shrink-0 text-muted" />
              </Link>
            </li>
          ))}
          {resetHref !== undefined && (
            <li>
              <Link href={resetHref} scroll={false} className={buttonClass("quiet", "sm")}>
                Clear all
              </Link>
            </li>
          )}
        </ul>
      )}
    </search>
  );
}

import Form from "next/form";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { SegmentedLinks } from "@/components/ui/segmented-links";
import { zoneName } from "@/lib/time/time-zones";

type TimeRangeProps = {
  label: string;
  options: readonly { label: string; href: string; current: boolean }[];
  /** A range of one's own; without it only the options. */
  custom?: {
    /** The address of the page; `from` and `to` go into its query. */
    action: string;
    /** As the fields hold them: `2026-11-20`, or `2026-11-20T18:40` with `withTime`. */
    from: string;
    to: string;
    withTime?: boolean;
    /** Parts of the query that stay. */
    keep?: Record<string, string>;
    current: boolean;
    errors?: { from?: string; to?: string };
  };
  /** The IANA zone in which the fields are read. */
  zone: string;
};

/** From when to when, in the address. */
export function TimeRange({ label, options, custom, zone }: TimeRangeProps) {
  return (
    <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
      <SegmentedLinks label={label} options={options} />
      {custom && (
        <details open={custom.current} className="min-w-0 text-sm">
          <summary className="inline-flex min-h-target cursor-pointer items-center px-1 text-muted underline underline-offset-2 hover:text-ink">
            Custom
          </summary>
          <Form action={custom.action} scroll={false} className="mt-1 flex flex-wrap items-end gap-3">
            {Object.entries(custom.keep ?? {}).map(([name, value]) => (
              <input key={name} type="hidden" name={name} value={value} />
            ))}
            {(["from", "to"] as const).map((name) => (
              <Field
                key={name}
                name={name}
                label={`${name === "from" ? "From" : "To"} (${zoneName(zone)})`}
                type={custom.withTime ? "datetime-local" : "date"}
                defaultValue={custom[name]}
                error={custom.errors?.[name]}
              />
            ))}
            <Button type="submit">Show</Button>
          </Form>
        </details>
      )}
    </div>
  );
}

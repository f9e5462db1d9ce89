import { ChevronRight } from "lucide-react";
import { WithCode } from "@/components/api-docs/with-code";
import type { FieldView } from "@/lib/api-spec/fields-of";

/** Fields with their types and bounds; what stands inside one opens beneath it. Each has an address of its own on the page. */
export function FieldList({ section, fields }: { section: string; fields: readonly FieldView[] }) {
  return (
    <ul className="-mx-2 divide-y divide-line border-y border-line">
      {fields.map((field) => (
        <Field key={field.path} section={section} field={field} />
      ))}
    </ul>
  );
}

function Field({ section, field }: { section: string; field: FieldView }) {
  const { name, path, type, isRequired, description, bounds, fields } = field;
  const anchor = `${section}-${path}`;
  return (
    <li id={anchor} className="scroll-mt-6 px-2 py-2.5 text-sm target:bg-accent-soft">
      <p className="flex flex-wrap items-baseline gap-x-2.5 gap-y-0.5">
        <a href={`#${anchor}`} className="min-w-0 font-mono text-sm font-medium wrap-anywhere hover:underline">
          {name}
        </a>
        <span className="text-xs text-muted wrap-anywhere">{type}</span>
        {isRequired && <span className="text-xs font-medium text-warn">required</span>}
      </p>
      {bounds.length > 0 && <p className="mt-0.5 text-xs text-muted wrap-anywhere">{bounds.join("; ")}</p>}
      {description && (
        <p className="mt-1 text-pretty text-muted wrap-anywhere">
          <WithCode text={description} />
        </p>
      )}
      {fields.length > 0 && (
        <details className="group mt-1">
          <summary className="inline-flex min-h-target list-none items-center gap-1 text-xs font-medium hover:text-accent sm:pointer-fine:min-h-8 [&::-webkit-details-marker]:hidden">
            <ChevronRight
              aria-hidden
              size={14}
              className="text-muted transition-transform group-open:rotate-90 motion-reduce:transition-none"
            />
            {fields.length === 1 ? "1 field" : `${fields.length} fields`} of {name}
          </summary>
          <div className="mt-1 border-l-2 border-line pl-3">
            <FieldList section={section} fields={fields} />
          </div>
        </details>
      )}
    </li>
  );
}

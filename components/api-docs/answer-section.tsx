import { FieldList } from "@/components/api-docs/field-list";
import { Disclosure } from "@/components/ui/disclosure";
import { InlineCode } from "@/components/ui/inline-code";
import type { OperationView } from "@/lib/api-spec/operation-view";

export function AnswerSection({ answers }: { answers: OperationView["answers"] }) {
  return (
    <div className="grid gap-5">
      {answers.map(({ status, description, media, headers }) => (
        <div key={status} className="min-w-0">
          <p className="text-sm">
            <span className="numeric font-medium">{status}</span> <span className="text-muted">{description}</span>
          </p>
          {media.map(({ type, description: about, fields }) => (
            <div key={type} className="mt-3">
              <p className="text-sm text-muted">
                <InlineCode>{type}</InlineCode> {about}
              </p>
              {fields.length > 0 && (
                <div className="mt-2">
                  <FieldList section={`answer-${type.split("/").at(-1)}`} fields={fields} />
                </div>
              )}
            </div>
          ))}
          {headers.length > 0 && (
            <div className="mt-3">
              <Disclosure title={`Headers of ${status}`}>
                <FieldList section={`headers-${status}`} fields={headers} />
              </Disclosure>
            </div>
          )}
        </div>
      ))}
    </div>
  );
}

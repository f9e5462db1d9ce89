import { LoaderCircle, Plus } from "lucide-react";
import { LONG_TEXT, Sample, SampleGroup } from "@/app/(admin)/admin/gallery/sample";
import { Button, type ButtonLook } from "@/components/ui/button";
import { CheckField } from "@/components/ui/check-field";
import { Field } from "@/components/ui/field";
import { FilterBar } from "@/components/ui/filter-bar";
import { FormAnswer } from "@/components/ui/form-answer";
import { RadioCards } from "@/components/ui/radio-cards";
import { SelectField } from "@/components/ui/select-field";
import { SwitchField } from "@/components/ui/switch-field";

const LOOKS: readonly ButtonLook[] = ["primary", "plain", "quiet", "danger"];
const OPTIONS = [
  { value: "one", label: "One" },
  { value: "long", label: LONG_TEXT },
];

/** `theme` keeps the names of the fields apart. */
export function FormSamples({ theme }: { theme: string }) {
  return (
    <SampleGroup title="Buttons and fields">
      {LOOKS.map((look) => (
        <Sample key={look} state={`Button ${look}: default, hover, focus, disabled, busy, small`} row>
          <Button look={look}>Save</Button>
          <Button look={look} className="is-hovered">
            Hover
          </Button>
          <Button look={look} className="is-focused">
            Focus
          </Button>
          <Button look={look} disabled>
            Disabled
          </Button>
          <Button look={look} aria-disabled>
            <LoaderCircle aria-hidden size={16} className="animate-spin motion-reduce:animate-none" />
            Busy
          </Button>
          <Button look={look} size="sm">
            <Plus aria-hidden size={14} />
            Small
          </Button>
        </Sample>
      ))}
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        <Field name={`${theme}-plain`} label="Field" hint="A hint stands under it." placeholder="my laptop" />
        <Field name={`${theme}-focus`} label="Field, focus" defaultValue="typed" className="is-focused" />
        <Field name={`${theme}-error`} label="Field, error" defaultValue="twelve" error="Write an amount such as 12.50." />
        <Field name={`${theme}-disabled`} label="Field, disabled" defaultValue="as it is" disabled />
        <Field name={`${theme}-long`} label={LONG_TEXT} defaultValue={LONG_TEXT} />
        <Field name={`${theme}-date`} label="Field, day" type="date" defaultValue="2026-11-20" />
        <SelectField name={`${theme}-select`} label="Choice" options={OPTIONS} />
        <SelectField name={`${theme}-select-error`} label="Choice, error" options={OPTIONS} error="Choose one." />
      </div>
      <div className="grid grid-cols-1 gap-x-4 sm:grid-cols-2">
        <CheckField name={`${theme}-check`} defaultChecked>
          A statement that is agreed to
        </CheckField>
        <CheckField name={`${theme}-check-error`} error="Agree to go on.">
          {LONG_TEXT}
        </CheckField>
        <SwitchField name={`${theme}-switch-on`} label="Switch, on" note="What it does." defaultChecked />
        <SwitchField name={`${theme}-switch-off`} label="Switch, off" note="What it does." />
        <SwitchField name={`${theme}-switch-disabled`} label="Switch, disabled" disabled />
        <SwitchField name={`${theme}-switch-error`} label="Switch, error" error="Confirm the address first." />
      </div>
      <RadioCards
        name={`${theme}-radio`}
        legend="Radio cards"
        defaultValue="once"
        columns={2}
        options={[
          { value: "once", label: "One-off", note: "Nothing is written." },
          { value: "always", label: "Permanent", note: LONG_TEXT },
          { value: "never", label: "Not here", note: "Disabled.", disabled: true },
        ]}
      />
      <RadioCards
        name={`${theme}-radio-error`}
        legend="Radio cards, error"
        error="Choose a way."
        options={[{ value: "a", label: "A way" }]}
      />
      <Sample state="The answer to a refused form">
        <FormAnswer message="That name and password do not go together." />
      </Sample>
      <Sample state="Filter bar">
        <FilterBar
          label={`Filter, ${theme}`}
          action="/admin/gallery"
          active={[
            { label: "Model: gpt-5.5", href: "/admin/gallery" },
            { label: LONG_TEXT, href: "/admin/gallery" },
          ]}
          resetHref="/admin/gallery"
        >
          <Field name={`${theme}-filter-id`} label="Request id" placeholder="req_…" />
          <SelectField name={`${theme}-filter-lane`} label="Lane" options={[{ value: "", label: "All" }]} />
        </FilterBar>
      </Sample>
    </SampleGroup>
  );
}

import Link from "next/link";
import { useState } from "react";
import { CodexCliNotice } from "@/app/(dashboard)/dashboard/codex-cli-notice";
import type { OwnKey, OwnLane } from "@/app/(dashboard)/dashboard/setup/setup-desk";
import { setupHref, type SetupChoice } from "@/app/(dashboard)/dashboard/setup/setup-query";
import { SpillChoice, type SoldModel } from "@/app/(dashboard)/dashboard/setup/spill-choice";
import type { ActionState } from "@/app/_server/run-action";
import { chosenLanes, LaneChoice } from "@/components/keys/lane-choice";
import { codexCliGapOfNew } from "@/components/lanes/codex-cli-gaps";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { Card } from "@/components/ui/card";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";
import { SegmentedLinks } from "@/components/ui/segmented-links";
import { SelectField } from "@/components/ui/select-field";

export type Made = { keyId: string; secret: string };
type Mint = { state: ActionState<Made>; submit: (form: FormData) => void; isPending: boolean };

type Props = {
  choice: SetupChoice;
  keys: readonly OwnKey[];
  lanes: readonly OwnLane[];
  sold: SoldModel | null;
  made: Made | null;
  madeHelper: Made | null;
  mintKey: Mint;
  mintHelper: Mint;
  paste: { text: string; onText: (text: string) => void; own: OwnKey | null };
};

const SOURCES = [
  { source: "make", label: "A new key" },
  { source: "paste", label: "One that I have" },
  { source: "helper", label: "No API key on this machine" },
] as const;

export function KeyStep({ choice, keys, lanes, sold, made, madeHelper, mintKey, mintHelper, paste }: Props) {
  return (
    <Card title="1. Choose the key" note="It is filled into every command below.">
      <div className="mb-4">
        <SegmentedLinks
          label="Where the key comes from"
          options={SOURCES.map(({ source, label }) => ({
            label,
            href: setupHref({ ...choice, source }),
            current: source === choice.source,
          }))}
        />
      </div>
      {choice.source === "make" && <MakeKey mint={mintKey} lanes={lanes} sold={sold} made={made} />}
      {choice.source === "paste" && <PasteKey {...paste} lanes={lanes} />}
      {choice.source === "helper" && <MakeHelper mint={mintHelper} keys={keys} lanes={lanes} made={madeHelper} />}
    </Card>
  );
}

type MakeKeyProps = Pick<Props, "lanes" | "sold" | "made"> & { mint: Mint };

function MakeKey({ mint: { state, submit, isPending }, lanes, sold, made }: MakeKeyProps) {
  const refusal = state?.ok === false ? state : null;
  const typedLanes = refusal ? chosenLanes(refusal.typed, lanes) : null;
  // Every answer resets the form: what was ticked before it stands there no longer.
  const [ticked, setTicked] = useState({ after: state, laneIds: typedLanes });
  const laneIds = ticked.after === state ? ticked.laneIds : typedLanes;
  return (
    <div className="grid gap-4">
      {made && (
        <div role="alert">
          <Callout tone="good" title="Your new key is in the commands below.">
            It is shown until you leave this page and never again.
          </Callout>
        </div>
      )}
      <form
        action={submit}
        onChange={({ currentTarget }) =>
          setTicked({ after: state, laneIds: chosenLanes(Object.fromEntries(new FormData(currentTarget)), lanes) })
        }
        className="grid gap-4"
        noValidate
      >
        {refusal && Object.keys(refusal.fields).length === 0 && <FormAnswer message={refusal.message} />}
        <Field
          name="name"
          label="Name of the key"
          placeholder="my laptop"
          autoComplete="off"
          defaultValue={refusal?.typed["name"]}
          error={refusal?.fields["name"]}
        />
        <LaneChoice lanes={lanes} chosen={refusal ? chosenLanes(refusal.typed, lanes) : null} error={refusal?.fields["lanes"]} />
        <SpillChoice
          gap={codexCliGapOfNew(laneIds, lanes)}
          sold={sold}
          chosen={refusal?.typed["spillCannot"]}
          error={refusal?.fields["spillCannot"]}
        />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look={made ? "plain" : "primary"} disabled={isPending}>
            {made ? "Make another key" : "Make a key"}
          </Button>
          <Link
            href="/dashboard/keys/new"
            className="inline-flex min-h-target items-center text-sm text-accent underline underline-offset-2"
          >
            With budgets and limits
          </Link>
        </div>
      </form>
    </div>
  );
}

function PasteKey({ text, onText, own, lanes }: Props["paste"] & Pick<Props, "lanes">) {
  return (
    <div className="grid gap-3">
      <Field
        name="pasted"
        label="Your API key"
        placeholder="sk-sy-…"
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => onText(event.target.value.trim())}
        hint="It stays in this tab: it is sent nowhere and kept nowhere."
        error={text !== "" && !own ? "This is not the whole of one of your active keys." : undefined}
      />
      {own && (
        <Callout tone="good" title={`“${own.name}” is in the commands below.`}>
          Nothing of it has left your browser.
        </Callout>
      )}
      {own && <CodexCliNotice keys={[own]} lanes={lanes} />}
      <p className="text-sm text-muted">
        We cannot show you a key again: what we keep of it is locked with a key that this site does not have. If yours is lost, make a new
        one, or{" "}
        <Link href="/dashboard/keys" className="text-accent underline underline-offset-2">
          rotate it
        </Link>
        .
      </p>
    </div>
  );
}

type MakeHelperProps = Pick<Props, "keys" | "lanes" | "made"> & { mint: Mint };

function MakeHelper({ mint: { state, submit, isPending }, keys, lanes, made }: MakeHelperProps) {
  const refusal = state?.ok === false ? state : null;
  return (
    <div className="grid gap-4">
      <p className="max-w-prose text-sm text-muted">
        Codex asks a small program for its key, and the program fetches one that lives ten minutes. No API key lies on your disk, only the
        helper’s secret, which can do nothing but fetch such keys; one click on the keys page ends both at once. No variable has to reach
        your editor. For Linux, macOS and WSL; needs curl.
      </p>
      <CodexCliNotice keys={keys} lanes={lanes} />
      {made && (
        <div role="alert">
          <Callout tone="good" title="The helper’s secret is in the setup line below.">
            It is shown until you leave this page and never again.
          </Callout>
        </div>
      )}
      <form action={submit} className="grid gap-4" noValidate>
        {refusal && Object.keys(refusal.fields).length === 0 && <FormAnswer message={refusal.message} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            name="keyId"
            label="Stands for the key"
            options={keys.map(({ id, name, prefix, lastFour }) => ({ value: id, label: `${name} (${prefix}…${lastFour})` }))}
            defaultValue={refusal?.typed["keyId"]}
            error={refusal?.fields["keyId"]}
          />
          <Field
            name="name"
            label="Name of the machine"
            placeholder="my laptop"
            autoComplete="off"
            defaultValue={refusal?.typed["name"]}
            error={refusal?.fields["name"]}
          />
        </div>
        <Button type="submit" look={made ? "plain" : "primary"} disabled={isPending || keys.length === 0} className="justify-self-start">
          {made ? "Make another helper" : "Make a helper"}
        </Button>
      </form>
    </div>
  );
}

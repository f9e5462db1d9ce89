"use client";

import { useActionState, useState } from "react";
import { issueKeyAction } from "@/app/(dashboard)/dashboard/actions";
import { CommandLine } from "@/components/dashboard/command-line";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import type { SetupLines } from "@/lib/codex/setup-lines";

type Props = {
  lines: SetupLines;
  /** The same question without Codex. */
  curl: string;
};

/** Three lines for a shell. A key can be made in place: it stands above them and in the first one until the page is left. */
export function SetupPanel({ lines, curl }: Props) {
  const [state, submit, isPending] = useActionState(issueKeyAction, null);
  const [made, setMade] = useState<{ secret: string; lines: SetupLines } | null>(null);
  // The key that was made outlives a refusal of the next one: it is nowhere else to be read.
  if (state?.ok && state !== made) setMade(state);
  const refusal = state?.ok === false ? state : null;
  const shown = made?.lines ?? lines;
  return (
    <div className="grid gap-4">
      <form action={submit} className="grid items-end gap-2 sm:grid-cols-[1fr_auto]" noValidate>
        <Field
          name="name"
          label="Name of a new key"
          placeholder="my laptop"
          autoComplete="off"
          defaultValue={refusal?.typed["name"]}
          error={refusal ? (refusal.fields["name"] ?? refusal.message) : undefined}
        />
        <Button type="submit" look="primary" disabled={isPending} className="self-end">
          {made ? "Make another key" : "Make a key"}
        </Button>
      </form>
      {made && (
        <>
          <Banner urgent>This is your new key. Copy it now: it is not shown again.</Banner>
          <CommandLine title="The key by itself, for SDKs" line={made.secret} what="the key" />
        </>
      )}
      <CommandLine title="1. Give the shell your key" line={shown.exportKey} what="the key line" />
      <CommandLine title="2. Ask one question" line={shown.smokeTest} what="the test line" />
      <CommandLine title="3. Start Codex" line={shown.start} what="the start line" />
      <CommandLine title="Without Codex: ask with curl, after the first line" line={curl} what="the curl line" />
    </div>
  );
}

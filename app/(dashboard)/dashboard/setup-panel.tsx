"use client";

import { useActionState } from "react";
import { issueKeyAction } from "@/app/(dashboard)/dashboard/actions";
import { CommandLine } from "@/components/dashboard/command-line";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import type { SetupLines } from "@/lib/codex/setup-lines";

/** Three lines for a shell. A key can be made in place: it stands in the first line until the page is left. */
export function SetupPanel({ lines }: { lines: SetupLines }) {
  const [state, submit, isPending] = useActionState(issueKeyAction, null);
  const refusal = state?.ok === false ? state : null;
  const shown = state?.ok ? state.lines : lines;
  return (
    <div className="grid gap-4">
      {state?.ok ? (
        <Banner urgent>Your new key is in the first line. Copy it now: it is not shown again.</Banner>
      ) : (
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
            Make a key
          </Button>
        </form>
      )}
      <CommandLine title="1. Give the shell your key" line={shown.exportKey} what="the key line" />
      <CommandLine title="2. Ask one question" line={shown.smokeTest} what="the test line" />
      <CommandLine title="3. Start Codex" line={shown.start} what="the start line" />
    </div>
  );
}

"use client";

import { useActionState } from "react";
import { setMailChoiceAction } from "@/app/(dashboard)/dashboard/settings/notifications/actions";
import { Button } from "@/components/ui/button";
import { DoneNote } from "@/components/ui/done-note";
import { FormAnswer } from "@/components/ui/form-answer";
import { SwitchField } from "@/components/ui/switch-field";
import type { OptionalMail } from "@/lib/mail/optional-mails";

const WORDS: Record<OptionalMail, { label: string; note: string }> = {
  lane_spill: { label: "A paid lane takes over", note: "Once a day, with the first request that your ChatGPT accounts could not answer." },
  signed_out_by_openai: { label: "OpenAI signed an account out", note: "The lane answers nothing until you sign in again." },
  sign_in_refused: { label: "A sign-in was refused", note: "Why a ChatGPT account could not be connected." },
  container_failed: { label: "A container does not start", note: "At most once a day and lane." },
  sign_up_waits: { label: "Somebody waits to be let in", note: "For admins, with every confirmed sign-up." },
};

export function MailChoiceForm({ kinds, off }: { kinds: readonly OptionalMail[]; off: readonly OptionalMail[] }) {
  const [state, submit, isPending] = useActionState(setMailChoiceAction, null);
  return (
    <form action={submit} className="grid gap-3">
      <FormAnswer message={state?.ok === false ? state.message : undefined} />
      <div className="grid divide-y divide-line">
        {kinds.map((kind) => (
          <SwitchField
            // A new choice from the server is a new default.
            key={`${kind} ${off.includes(kind)}`}
            name={kind}
            {...WORDS[kind]}
            defaultChecked={!off.includes(kind)}
          />
        ))}
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" disabled={isPending}>
          Save
        </Button>
        {state?.ok && <DoneNote>Saved.</DoneNote>}
      </div>
    </form>
  );
}

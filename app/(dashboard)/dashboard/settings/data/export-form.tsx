"use client";

import { Download } from "lucide-react";
import { useActionState } from "react";
import { startExportAction } from "@/app/(dashboard)/dashboard/settings/data/actions";
import { PasswordAgain } from "@/components/settings/password-again";
import { Button, buttonClass } from "@/components/ui/button";
import { DoneNote } from "@/components/ui/done-note";
import { FormAnswer } from "@/components/ui/form-answer";

export function ExportForm({ asksCode }: { asksCode: boolean }) {
  const [state, submit, isPending] = useActionState(startExportAction, null);
  if (state?.ok) {
    return (
      <div className="flex flex-wrap items-center gap-3">
        <a href={state.href} download className={buttonClass("primary")}>
          <Download aria-hidden size={16} />
          Download your data
        </a>
        <DoneNote>Good for {state.minutes} minutes, in this session.</DoneNote>
      </div>
    );
  }
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={state?.message} />
      <PasswordAgain form="export" asksCode={asksCode} errors={state?.fields} />
      <Button type="submit" disabled={isPending} className="justify-self-start">
        Prepare the export
      </Button>
    </form>
  );
}

"use client";

import { useId, useState, useTransition, type ReactElement, type ReactNode } from "react";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { Dialog, DialogActions, DialogClose } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";

/** What a Server Action of ours answers. */
type Answer = { ok: true } | { ok: false; message: string } | null;

type ConfirmDialogProps = {
  trigger: ReactElement;
  title: string;
  /** What will be lost, in words. */
  description: ReactNode;
  /** Must be typed before the button opens, where nothing brings it back. */
  word?: string;
  /** The button's words, which name the act: "Revoke my laptop". */
  confirm: string;
  /** A Server Action, or a function of the same shape. An answer that is a refusal is shown and the dialog stays. */
  action: (previous: null, form: FormData) => Promise<Answer>;
  /** Sent along: the id of what is meant. */
  values?: Record<string, string>;
  /** For acts that take nothing away. */
  harmless?: boolean;
};

/** Asks before an act that cannot be undone. */
export function ConfirmDialog({ trigger, title, description, word, confirm, action, values = {}, harmless }: ConfirmDialogProps) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isPending, startTransition] = useTransition();
  const inputId = useId();
  const mayGo = word === undefined || typed.trim() === word;

  function changeOpen(next: boolean) {
    setOpen(next);
    setTyped("");
    setRefusal(null);
  }

  function submit(form: FormData) {
    if (!mayGo) return;
    startTransition(async () => {
      const answer = await action(null, form);
      if (answer?.ok === false) setRefusal(answer.message);
      else changeOpen(false);
    });
  }

  return (
    <Dialog title={title} description={description} trigger={trigger} open={isOpen} onOpenChange={changeOpen}>
      <form action={submit} className="grid grid-cols-1 gap-4">
        {Object.entries(values).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        {word !== undefined && (
          <div className="grid gap-1.5">
            <label htmlFor={inputId} className="text-sm">
              Type <strong className="font-semibold select-all wrap-anywhere">{word}</strong> to go on
            </label>
            <Input
              id={inputId}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
            />
          </div>
        )}
        {refusal && (
          <Banner tone="bad" urgent>
            {refusal}
          </Banner>
        )}
        <DialogActions>
          <DialogClose>Cancel</DialogClose>
          <Button type="submit" look={harmless ? "primary" : "danger"} disabled={!mayGo || isPending} className="max-w-full min-w-0">
            <span className="truncate">{confirm}</span>
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

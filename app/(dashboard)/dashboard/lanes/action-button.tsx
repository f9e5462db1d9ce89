"use client";

import { useActionState, type ReactNode } from "react";
import type { ActionState } from "@/app/_server/run-action";
import { DoneNote } from "@/components/ui/done-note";
import { Button, type ButtonLook } from "@/components/ui/button";

/** What it may say when it is done. */
type Answer = { message?: string };

type Props<T extends Answer> = {
  action: (previous: ActionState<T>, form: FormData) => Promise<ActionState<T>>;
  /** Sent with the click. */
  fields: Readonly<Record<string, string>>;
  children: ReactNode;
  label?: string;
  look?: ButtonLook;
  disabled?: boolean;
  className?: string;
};

/** One click, one Server Action; what it answers is said beside the button. Works before JavaScript loads. */
export function ActionButton<T extends Answer>({ action, fields, children, label, look, disabled, className }: Props<T>) {
  const [state, submit, isPending] = useActionState<ActionState<T>, FormData>(action, null);
  return (
    <form action={submit} className="contents">
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <Button
        type="submit"
        look={look}
        aria-label={label}
        disabled={disabled}
        // Not `disabled` while it runs: that would take the focus away from whoever works with the keyboard.
        aria-disabled={isPending || undefined}
        onClick={(event) => {
          if (isPending) event.preventDefault();
        }}
        className={className}
      >
        {children}
      </Button>
      {state?.ok === false && (
        <p role="alert" className="order-last basis-full text-sm text-bad">
          {state.message}
        </p>
      )}
      {state?.ok && state.message && <DoneNote className="order-last basis-full">{state.message}</DoneNote>}
    </form>
  );
}

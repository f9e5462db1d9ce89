"use client";

import { useActionState } from "react";
import { disconnectAction } from "@/app/(site)/disconnect/[token]/actions";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { FormAnswer } from "@/components/ui/form-answer";

export function DisconnectForm({ token }: { token: string }) {
  const [state, submit, isPending] = useActionState(disconnectAction, null);
  if (state?.ok) {
    return (
      <Banner urgent>
        Disconnected. If it was not you who connected it, change your ChatGPT password and end the sessions that you do not know there.
      </Banner>
    );
  }
  return (
    <form action={submit} className="grid gap-4">
      <FormAnswer message={state?.message} />
      <input type="hidden" name="token" value={token} />
      <Button type="submit" disabled={isPending} className="border-bad text-bad">
        Disconnect this account
      </Button>
    </form>
  );
}

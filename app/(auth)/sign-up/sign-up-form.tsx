"use client";

import Link from "next/link";
import { useActionState } from "react";
import { signUpAction } from "@/app/(auth)/sign-up/actions";
import { Button } from "@/components/ui/button";
import { CheckField } from "@/components/ui/check-field";
import { Field } from "@/components/ui/field";
import { FormAnswer } from "@/components/ui/form-answer";
import { TextAreaField } from "@/components/ui/text-area-field";

type Props = {
  /** Somebody reads what it will be used for. */
  asksNote: boolean;
  lengthMin: number;
  termsVersion: string;
};

export function SignUpForm({ asksNote, lengthMin, termsVersion }: Props) {
  const [state, submit, isPending] = useActionState(signUpAction, null);
  const refusal = state?.ok === false ? state : null;
  const legal = "text-accent underline underline-offset-2";
  return (
    <form action={submit} className="grid gap-4" noValidate>
      <FormAnswer message={refusal?.message} />
      <Field
        name="email"
        label="E-mail"
        type="email"
        autoComplete="email"
        required
        defaultValue={refusal?.typed["email"]}
        error={refusal?.fields["email"]}
      />
      <Field
        name="username"
        label="Username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        hint="You can sign in with it. Letters, digits, dots, dashes and underscores."
        defaultValue={refusal?.typed["username"]}
        error={refusal?.fields["username"]}
      />
      <Field
        name="password"
        label="Password"
        type="password"
        autoComplete="new-password"
        required
        hint={`${lengthMin} characters or more. A few words that do not belong together are good.`}
        error={refusal?.fields["password"]}
      />
      {asksNote && (
        <TextAreaField
          name="note"
          label="What will you use it for? (optional)"
          rows={3}
          defaultValue={refusal?.typed["note"]}
          error={refusal?.fields["note"]}
        />
      )}
      <CheckField
        key={refusal?.typed["terms"]}
        name="terms"
        defaultChecked={refusal?.typed["terms"] === "on"}
        error={refusal?.fields["terms"]}
      >
        I agree to the{" "}
        <Link href="/terms" target="_blank" className={legal}>
          terms
        </Link>{" "}
        of {termsVersion}, and have read the{" "}
        <Link href="/privacy" target="_blank" className={legal}>
          privacy notice
        </Link>
        .
      </CheckField>
      <Button type="submit" look="primary" disabled={isPending}>
        Sign up
      </Button>
    </form>
  );
}

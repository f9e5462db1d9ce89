import { FIELD_WIDTH } from "@/components/settings/field-width";
import { cn } from "@/components/ui/cn";
import { Field } from "@/components/ui/field";

type Props = {
  /** Of the form: two of them may stand on one page. */
  form: string;
  /** Where two-factor sign-in is on. */
  asksCode: boolean;
  errors?: Readonly<Record<string, string>> | undefined;
};

/** Asked before what an open session alone must not do. */
export function PasswordAgain({ form, asksCode, errors }: Props) {
  return (
    <div className={cn("grid gap-4", FIELD_WIDTH)}>
      <Field
        name="password"
        id={`${form}-password`}
        label="Your password"
        type="password"
        autoComplete="current-password"
        required
        error={errors?.["password"]}
      />
      {asksCode && (
        <Field
          name="code"
          id={`${form}-code`}
          label="Code of your authenticator"
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          required
          hint="Or a recovery code."
          error={errors?.["code"]}
        />
      )}
    </div>
  );
}

import { Field } from "@/components/ui/field";

type Props = {
  lengthMin: number;
  errors?: Readonly<Record<string, string>> | undefined;
};

/** A new password, twice. */
export function NewPasswordFields({ lengthMin, errors }: Props) {
  return (
    <>
      <Field
        name="newPassword"
        label="New password"
        type="password"
        autoComplete="new-password"
        required
        hint={`${lengthMin} characters or more.`}
        error={errors?.["newPassword"]}
      />
      <Field
        name="repeated"
        label="New password, once more"
        type="password"
        autoComplete="new-password"
        required
        error={errors?.["repeated"]}
      />
    </>
  );
}

import { Banner } from "@/components/ui/banner";

/** The sentence above a form after it was refused; read out at once. */
export function FormAnswer({ message }: { message: string | undefined }) {
  return message ? (
    <Banner tone="bad" urgent>
      {message}
    </Banner>
  ) : null;
}

import { Callout } from "@/components/ui/callout";
import { CopyButton } from "@/components/ui/copy-button";

/** A secret that this answer alone holds. */
export function SecretOnce({ secret, what }: { secret: string; what: string }) {
  return (
    <div className="grid gap-2">
      <div role="alert">
        <Callout tone="warn" title={`This is the only time that ${what} is shown.`}>
          We keep no copy that this site could read. Store it in a password manager or where your program reads it.
        </Callout>
      </div>
      <div className="flex items-center gap-3 rounded-md border border-line bg-sunken py-1 pr-3 pl-3">
        <code className="min-w-0 flex-1 font-mono text-sm wrap-anywhere select-all">{secret}</code>
        <CopyButton text={secret} what={what} />
      </div>
    </div>
  );
}

import { CheckField } from "@/components/ui/check-field";

/** Whether programs that hold the key see more than what the key did itself. */
export function AccountReadField({ checked }: { checked: boolean }) {
  return (
    <fieldset>
      <legend className="text-sm font-medium">Reading the account</legend>
      <p className="text-sm text-muted">
        Whoever holds the key can read its own requests and usage by /api/v1. Leave the rest off for keys that others hold.
      </p>
      <CheckField key={String(checked)} name="accountRead" defaultChecked={checked}>
        It may also read the balance, the ledger, the lanes, and the requests of every key
      </CheckField>
    </fieldset>
  );
}

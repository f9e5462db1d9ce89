type Operator = { name: string; address: string | null; email: string | null };

/** Who runs this installation, and how to reach them; what the operator has not set is not made up. */
export function OperatorLines({ name, address, email }: Operator) {
  return (
    <address className="not-italic">
      <strong className="font-semibold">{name}</strong>
      {address && <span className="block">{address}</span>}
      {email ? (
        <a href={`mailto:${email}`} className="block w-fit">
          {email}
        </a>
      ) : (
        <span className="block text-muted">The operator has named no address for mail; write to whoever gave you this service.</span>
      )}
    </address>
  );
}

/** Something that begins, and goes on when it is let. */
export function gate() {
  let begin: () => void = () => undefined;
  let open: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  const pass = () => {
    begin();
    return opened;
  };
  return { pass, begun, open };
}

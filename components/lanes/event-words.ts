/** Kinds that read better in other words than their own name. */
const WORDS: Readonly<Record<string, string>> = {
  signed_in: "Signed in",
  signed_out: "Signed out",
  sign_in_ended: "Sign-in ended",
  container_started: "Container started",
  container_stopped: "Container stopped",
  container_failed: "Container failed",
  container_recovered: "Container is well again",
  window_closed: "Usage window full",
  window_opened: "Usage window open again",
  egress_refused: "Connection refused by the allow-list",
  identity_refused: "Another account refused",
};

export function eventWords(kind: string): string {
  const plain = kind.replaceAll("_", " ");
  return WORDS[kind] ?? `${plain.charAt(0).toUpperCase()}${plain.slice(1)}`;
}

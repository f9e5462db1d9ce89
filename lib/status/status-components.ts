/** What the public status page shows, in its order. The words are for everyone: no address, no name of a provider. */
export const STATUS_COMPONENTS = [
  {
    id: "gateway",
    name: "Gateway",
    probed: "The public address says that it can take requests.",
    trouble: "The gateway did not answer its probe, or said that it was not ready.",
  },
  {
    id: "database",
    name: "Database",
    probed: "A query is answered within three seconds.",
    trouble: "The database did not answer. Without it no request is accepted.",
  },
  {
    id: "codex",
    name: "Codex lanes",
    probed: "Somebody drives the containers of the connected ChatGPT accounts. Counted while there are such accounts.",
    trouble: "No process was there to drive the containers of Codex lanes. Requests took the next lane, where there was one.",
  },
  {
    id: "provider",
    name: "Wallet provider",
    probed: "The provider behind the wallet lists its models.",
    trouble:
      "The provider behind the wallet did not answer, or turned us away. Lanes of own keys and ChatGPT accounts do not depend on it.",
  },
  {
    id: "mail",
    name: "Mail",
    probed: "The mail server lets us sign in. Counted where mail is set up.",
    trouble: "The mail server did not take us. Mails wait and are sent afterwards.",
  },
] as const;

export type StatusComponent = (typeof STATUS_COMPONENTS)[number]["id"];

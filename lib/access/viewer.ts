/** Who looks. Every `read.ts` takes one and shows only what it may see. */
export type Viewer = {
  userId: string;
  username: string;
  role: "customer" | "admin";
  /** A signed-in person, a program with an API key, which may be kept to what that key did, or the operator's command line. */
  via: { kind: "session"; sessionId: string } | { kind: "api_key"; keyId: string; accountRead: boolean } | { kind: "operator_cli" };
};

/** Who did it, for the audit log. The operator's command line has no user of its own. */
export type Actor = { kind: "user"; userId: string; address?: string } | { kind: "operator_cli" } | { kind: "system"; process: string };

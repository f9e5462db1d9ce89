/** The account is not this runner's any more: whatever it was doing stops, and nothing more is told to anybody. */
export class LeaseLost extends Error {
  constructor(readonly accountId: string) {
    super(`the lease of ${accountId} is lost`);
    this.name = "LeaseLost";
  }
}

/** No such account, lane or key of this owner: which of them is not told. */
export class NotTheirs extends Error {
  constructor() {
    super("no such account");
    this.name = "NotTheirs";
  }
}

/** Another runner drives it; `address` null: nobody that this runner knows. */
export class Moved extends Error {
  constructor(readonly address: string | null) {
    super("another runner drives this account");
    this.name = "Moved";
  }
}

/** This runner takes nothing new. */
export class Draining extends Error {
  constructor() {
    super("this runner is draining");
    this.name = "Draining";
  }
}

export const LANES_PAUSED = "The operator has paused all ChatGPT lanes.";

/** The container is not there now; `message` is for the owner. */
export class ContainerDown extends Error {
  constructor(
    readonly reason: string,
    message: string,
    readonly retryAt: Date | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "ContainerDown";
  }
}

/** The container is up, but nobody is signed in to it whom the account's row knows; `message` is for the owner. */
export class SignedOut extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SignedOut";
  }
}

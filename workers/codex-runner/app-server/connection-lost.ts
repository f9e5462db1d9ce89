/** The way to app-server is gone: whether the turn may run again depends on what its client has seen. */
export class ConnectionLost extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ConnectionLost";
  }
}

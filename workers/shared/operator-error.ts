/** A failure that the operator can fix. Its message is the whole story: it is printed as it is, without a stack. */
export class OperatorError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "OperatorError";
  }
}

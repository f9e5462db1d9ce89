export const SIGN_IN_FAILED = "Sign-in does not work at this moment. Try again in a minute.";

/**
 * next-auth tells whoever asks the message of an error that `authorize` throws. What has failed is for the log: it may name hosts,
 * tables and statements.
 */
export function withFixedFailure<A extends unknown[], T>(
  authorize: (...given: A) => Promise<T>,
  report: (error: unknown) => void,
): (...given: A) => Promise<T> {
  return async (...given) => {
    try {
      return await authorize(...given);
    } catch (error) {
      report(error);
      throw new Error(SIGN_IN_FAILED, { cause: error });
    }
  };
}

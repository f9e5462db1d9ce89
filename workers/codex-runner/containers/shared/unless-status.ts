/** Makes an `unless`: for what may be gone, there, or on its way already, answers with those statuses become null. */
export function unlessStatus(statusOf: (error: unknown) => number | null) {
  return async function unless<T>(statuses: readonly number[], call: Promise<T>): Promise<T | null> {
    try {
      return await call;
    } catch (error) {
      const status = statusOf(error);
      if (status !== null && statuses.includes(status)) return null;
      throw error;
    }
  };
}

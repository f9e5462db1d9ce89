/** Postgres keeps years that JavaScript does not write, and the other way round: these are kept by both. */
export function isStorableInstant(at: Date): boolean {
  return !Number.isNaN(at.getTime()) && at.getUTCFullYear() >= 2000 && at.getUTCFullYear() < 10_000;
}

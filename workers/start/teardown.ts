/** What was started, so that it is stopped in the opposite order, the database last. */
export class Teardown {
  #steps: { stop: () => Promise<void>; kill?: () => void }[] = [];

  add(stop: () => Promise<void>, kill?: () => void): void {
    this.#steps.push({ stop, kill });
  }

  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.toReversed()) {
      await step.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be stopped");
  }

  /** For whoever does not want to wait: running answers are cut. The database is still stopped properly. */
  kill(): void {
    for (const step of this.#steps.toReversed()) step.kill?.();
  }
}

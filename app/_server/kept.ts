/**
 * What is dear to make and the same for everybody who asks. Each name is made once, and again when `by`, everything that it depends
 * on, has changed. Names are ours, never a visitor's: `namesMax` bounds a mistake.
 */
export class Kept<T> {
  readonly #namesMax: number;
  readonly #entries = new Map<string, { by: string; value: Promise<T> }>();

  constructor(namesMax: number) {
    this.#namesMax = namesMax;
  }

  get({ name, by }: { name: string; by: string }, make: () => Promise<T>): Promise<T> {
    const found = this.#entries.get(name);
    if (found?.by === by) return found.value;
    const entry = { by, value: make() };
    this.#entries.delete(name);
    if (this.#entries.size >= this.#namesMax) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(name, entry);
    entry.value.catch(() => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    });
    return entry.value;
  }
}

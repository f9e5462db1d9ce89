const STEPS = [1, 2, 2.5, 5, 10];
const LINES_MAX = 5;

/** Round numbers from zero to the first that is not below `max`, in equal steps; `whole` for what has no halves. */
export function chartScale(max: number, { whole = false }: { whole?: boolean } = {}): { top: number; ticks: number[] } {
  const target = Math.max(max, whole ? 1 : 0) || 1;
  const power = 10 ** Math.floor(Math.log10(target / (LINES_MAX - 1)));
  const step = STEPS.map((factor) => factor * power).find(
    (candidate) => candidate * (LINES_MAX - 1) >= target && !(whole && !Number.isInteger(candidate)),
  );
  const size = step ?? Math.ceil(target / (LINES_MAX - 1));
  const count = Math.max(1, Math.ceil(target / size - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, index) => Number((index * size).toPrecision(12)));
  return { top: ticks.at(-1) ?? size, ticks };
}

/** In equal steps, so that a day has its quarters and not its 17th hour. */
const STEPS_OF_PLACES = [1, 2, 3, 4, 6, 7, 8, 10, 12, 14, 15, 20, 24, 28, 30];

/** Which of `count` places get a word, so that none stands in another: the first and then every so many. */
export function labelPlaces(count: number, most: number): number[] {
  const step = STEPS_OF_PLACES.find((size) => Math.ceil(count / size) <= most) ?? Math.ceil(count / most);
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}

/**
 * npm passes a Ctrl-C on to us although the terminal has already sent it to the whole group, so one key press arrives
 * twice within milliseconds.
 */
const SAME_KEY_PRESS_MS = 500;
const EXIT_FORCED = 130;

/** The first signal asks to stop, the second to hurry, a third leaves at once. */
export function listenForStop({ onStop, onHurry }: { onStop: () => void; onHurry: () => void }): void {
  const reactions = [onStop, onHurry, () => process.exit(EXIT_FORCED)];
  let lastAt = -Infinity;
  const react = () => {
    const now = performance.now();
    if (now - lastAt < SAME_KEY_PRESS_MS) return;
    lastAt = now;
    reactions.shift()?.();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, react);
}

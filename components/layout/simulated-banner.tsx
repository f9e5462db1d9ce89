export function SimulatedBanner() {
  return (
    <aside
      aria-label="Simulation"
      className="relative z-30 border-b border-warn/30 bg-warn-soft px-4 py-1.5 text-center text-sm font-medium text-warn"
    >
      Simulator: answers are made up and no real money moves
    </aside>
  );
}

type Tone = "accent" | "warn" | "bad";

/** How full something is. The number beside it says the same. Its colours stand in globals.css: each browser names the parts otherwise. */
export function Meter({ label, percent, tone = "accent" }: { label: string; percent: number; tone?: Tone }) {
  return (
    <meter aria-label={label} min={0} max={100} value={percent} data-tone={tone} className="meter">
      {percent} %
    </meter>
  );
}

import { Sample, SampleGroup } from "@/app/(admin)/admin/gallery/sample";
import { cn } from "@/components/ui/cn";

const COLOURS = [
  ["ground", "bg-ground"],
  ["panel", "bg-panel"],
  ["sunken", "bg-sunken"],
  ["raised", "bg-raised"],
  ["line", "bg-line"],
  ["edge", "bg-edge"],
  ["ink", "bg-ink"],
  ["muted", "bg-muted"],
  ["accent", "bg-accent"],
  ["accent-soft", "bg-accent-soft"],
  ["good", "bg-good"],
  ["good-soft", "bg-good-soft"],
  ["warn", "bg-warn"],
  ["warn-soft", "bg-warn-soft"],
  ["bad", "bg-bad"],
  ["bad-soft", "bg-bad-soft"],
  ["series-1", "bg-series-1"],
  ["series-2", "bg-series-2"],
  ["series-3", "bg-series-3"],
  ["series-4", "bg-series-4"],
  ["series-5", "bg-series-5"],
  ["series-6", "bg-series-6"],
] as const;

const SIZES = [
  ["3xl", "text-3xl font-semibold"],
  ["2xl", "text-2xl font-semibold"],
  ["xl", "text-xl font-semibold"],
  ["lg", "text-lg font-semibold"],
  ["base", "text-base"],
  ["sm", "text-sm"],
  ["xs", "text-xs"],
] as const;

export function TokenSamples() {
  return (
    <SampleGroup title="Tokens">
      <Sample state="Colours">
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(5.5rem,1fr))] gap-2 text-xs">
          {COLOURS.map(([name, fill]) => (
            <li key={name} className="grid gap-1">
              <span className={cn("h-8 rounded-md border border-line", fill)} />
              {name}
            </li>
          ))}
        </ul>
      </Sample>
      <Sample state="Type">
        {SIZES.map(([name, look]) => (
          <p key={name} className={cn("truncate", look)}>
            {name} $1,234.567890
          </p>
        ))}
      </Sample>
      <Sample state="Radii and shadows" row>
        <span className="grid size-16 place-items-center rounded-sm border border-line bg-panel text-xs">sm</span>
        <span className="grid size-16 place-items-center rounded-md border border-line bg-panel text-xs shadow-raised">md</span>
        <span className="grid size-16 place-items-center rounded-lg border border-line bg-raised text-xs shadow-overlay">lg</span>
      </Sample>
    </SampleGroup>
  );
}

import { LONG_TEXT, Sample, SampleGroup } from "@/app/(admin)/admin/gallery/sample";
import { buttonClass } from "@/components/ui/button";
import { CodeBlock } from "@/components/ui/code-block";
import { PageHeading } from "@/components/ui/page-heading";
import { Pager } from "@/components/ui/pager";
import { SegmentedLinks } from "@/components/ui/segmented-links";
import { Tabs } from "@/components/ui/tabs";
import { TimeRange } from "@/components/ui/time-range";

const HERE = "/admin/gallery";
const RANGES = ["1 hour", "Today", "7 days", "30 days"].map((label, index) => ({ label, href: HERE, current: index === 1 }));

export function NavigationSamples({ theme }: { theme: string }) {
  return (
    <SampleGroup title="Navigation">
      <PageHeading
        title="A page"
        level={2}
        note="One or two sentences of what one sees here."
        back={{ href: HERE, label: "The screen above" }}
        actions={
          <a href={HERE} className={buttonClass("primary")}>
            Create
          </a>
        }
      />
      <Sample state="Segmented links">
        <SegmentedLinks label={`Group by, ${theme}`} options={RANGES} />
      </Sample>
      <Sample state="Time range">
        <TimeRange
          label={`Range, ${theme}`}
          options={RANGES}
          zone="Europe/Berlin"
          custom={{ action: HERE, from: "2026-11-01", to: "2026-11-20", current: false }}
        />
      </Sample>
      <Sample state="Tabs">
        <Tabs
          label={`Operating system, ${theme}`}
          remember="gallery-os"
          tabs={[
            { id: "unix", label: "Linux and macOS", content: <CodeBlock code="uname -s" lang="bash" copyLabel={`uname, ${theme}`} /> },
            { id: "powershell", label: "PowerShell", content: <CodeBlock code="$env:OS" lang="powershell" copyLabel={`$env, ${theme}`} /> },
            { id: "cmd", label: "cmd", content: <CodeBlock code="echo %OS%" lang="cmd" copyLabel={`echo, ${theme}`} /> },
            { id: "long", label: LONG_TEXT, content: <p className="text-sm">{LONG_TEXT}</p> },
          ]}
        />
      </Sample>
      <Sample state="Pager">
        <Pager label={`Pages, ${theme}`} newerHref={HERE} olderHref={HERE} />
      </Sample>
    </SampleGroup>
  );
}

import { LONG_TEXT, Sample, SampleGroup } from "@/app/(admin)/admin/gallery/sample";
import { Banner } from "@/components/ui/banner";
import { Callout } from "@/components/ui/callout";
import { Card } from "@/components/ui/card";
import { DoneNote } from "@/components/ui/done-note";
import { Meter } from "@/components/ui/meter";
import { Progress } from "@/components/ui/progress";
import { Skeleton } from "@/components/ui/skeleton";

export function FeedbackSamples() {
  return (
    <SampleGroup title="Feedback">
      <Sample state="Banners">
        <div className="grid gap-2">
          <Banner>Something to know.</Banner>
          <Banner tone="warn">Your balance is below $5.00.</Banner>
          <Banner tone="bad">{LONG_TEXT}</Banner>
        </div>
      </Sample>
      <Sample state="Callouts">
        <div className="grid gap-2">
          <Callout title="Good to know">The daemon keeps the key that it was started with.</Callout>
          <Callout tone="good">The first request was seen.</Callout>
          <Callout tone="warn" title="Before you go on">
            {LONG_TEXT}
          </Callout>
          <Callout tone="bad">This cannot be undone.</Callout>
        </div>
      </Sample>
      <Sample state="What came of a click">
        <DoneNote>Saved.</DoneNote>
      </Sample>
      <Sample state="Meters">
        <div className="grid gap-3">
          <Meter label="Calm" percent={34} />
          <Meter label="Nearly full" percent={86} tone="warn" />
          <Meter label="Full" percent={100} tone="bad" />
        </div>
      </Sample>
      <Sample state="Progress: known, unknown">
        <div className="grid gap-4">
          <Progress label="Exporting" percent={42} note="42,000 of 100,000 rows" />
          <Progress label="Waiting for the first request" percent={null} />
        </div>
      </Sample>
      <Sample state="Loading, in the final shape">
        <Card title="Lanes">
          <div className="grid gap-3">
            <Skeleton className="h-5 w-2/3" />
            <Skeleton className="h-5 w-full" />
            <Skeleton className="h-24 w-full" />
          </div>
        </Card>
      </Sample>
    </SampleGroup>
  );
}

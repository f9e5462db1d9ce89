import type { Metadata } from "next";
import { ChartSamples } from "@/app/(admin)/admin/gallery/chart-samples";
import { ContentSamples } from "@/app/(admin)/admin/gallery/content-samples";
import { FeedbackSamples } from "@/app/(admin)/admin/gallery/feedback-samples";
import { FormSamples } from "@/app/(admin)/admin/gallery/form-samples";
import { NavigationSamples } from "@/app/(admin)/admin/gallery/navigation-samples";
import { OverlaySamples } from "@/app/(admin)/admin/gallery/overlay-samples";
import { TokenSamples } from "@/app/(admin)/admin/gallery/token-samples";
import { requireViewer } from "@/app/_server/session";
import { cn } from "@/components/ui/cn";
import { PageHeading } from "@/components/ui/page-heading";

export const metadata: Metadata = { title: "Gallery" };

const THEMES = [
  { theme: "light", name: "Light", look: "scheme-light" },
  { theme: "dark", name: "Dark", look: "scheme-dark" },
] as const;

/** Every primitive of the screens in every state, in both themes beside each other. */
export default async function GalleryPage() {
  await requireViewer("admin");
  return (
    <>
      <PageHeading
        title="Gallery"
        note="Every part that the screens are made of, in every state. What is in a page and not in here is not designed."
      />
      <div className="grid grid-cols-1 gap-4 xl:grid-cols-2">
        {THEMES.map(({ theme, name, look }) => (
          <section
            key={theme}
            aria-label={name}
            className={cn("grid min-w-0 grid-cols-1 content-start gap-8 rounded-lg border border-line bg-ground p-4 text-ink", look)}
          >
            <h2 className="text-lg font-semibold">{name}</h2>
            <TokenSamples />
            <FormSamples theme={theme} />
            <ContentSamples theme={theme} />
            <FeedbackSamples />
            <NavigationSamples theme={theme} />
            <ChartSamples theme={theme} />
            <OverlaySamples theme={theme} />
          </section>
        ))}
      </div>
    </>
  );
}

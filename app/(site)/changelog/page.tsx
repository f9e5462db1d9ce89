import type { Metadata } from "next";
import { CalendarDay } from "@/components/site/calendar-day";
import { SitePage } from "@/components/site/site-page";
import { CHANGELOG } from "@/lib/site/changelog";

export const metadata: Metadata = {
  title: "Changelog",
  description: "What changed for customers, newest first.",
  alternates: { canonical: "/changelog" },
};

export default function ChangelogPage() {
  return (
    <SitePage narrow title="Changelog" lead="What changed for customers, newest first.">
      <ol className="grid gap-10">
        {CHANGELOG.map(({ id, date, title, changes }) => (
          <li key={id} id={id} className="scroll-mt-6 border-t border-line pt-5">
            <p className="text-sm text-muted">
              <CalendarDay day={date} />
            </p>
            <h2 className="text-lg font-semibold">{title}</h2>
            <ul className="mt-2 grid list-disc gap-1.5 pl-5 text-pretty text-muted">
              {changes.map((change) => (
                <li key={change} className="pl-1">
                  {change}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </SitePage>
  );
}

import type { ReactNode } from "react";
import { PageHeading } from "@/components/ui/page-heading";
import { SegmentedLinks } from "@/components/ui/segmented-links";

const SECTIONS = [
  { id: "profile", label: "Profile", href: "/dashboard/settings" },
  { id: "security", label: "Security", href: "/dashboard/settings/security" },
  { id: "notifications", label: "Mails", href: "/dashboard/settings/notifications" },
  { id: "data", label: "Your data", href: "/dashboard/settings/data" },
] as const;

export function SettingsFrame({ current, children }: { current: (typeof SECTIONS)[number]["id"]; children: ReactNode }) {
  return (
    <div className="mx-auto max-w-3xl">
      <PageHeading title="Settings" />
      <div className="mb-5">
        <SegmentedLinks label="Settings" options={SECTIONS.map(({ id, label, href }) => ({ label, href, current: id === current }))} />
      </div>
      <div className="grid gap-4">{children}</div>
    </div>
  );
}

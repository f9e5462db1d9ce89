import { Callout } from "@/components/ui/callout";
import { CopyButton } from "@/components/ui/copy-button";
import { buttonClass } from "@/components/ui/button";

/** Shown this once. The way on is a plain link: the page behind it is read anew, and holds no code. */
export function RecoveryCodes({ codes, title }: { codes: readonly string[]; title: string }) {
  return (
    <div className="grid gap-4">
      <Callout tone="good" title={title}>
        Keep these codes where you find them without your phone. Each opens your account once in the place of the app. They are not shown
        again.
      </Callout>
      <ul className="numeric grid gap-x-8 gap-y-1 rounded-md border border-line bg-sunken px-4 py-3 font-mono text-sm sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-3">
        {/* oxlint-disable-next-line next/no-html-link-for-pages */}
        <a href="/dashboard/settings/security" className={buttonClass("primary")}>
          I have saved them
        </a>
        <CopyButton text={codes.join("\n")} what="the recovery codes" />
      </div>
    </div>
  );
}

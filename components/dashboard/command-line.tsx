import { CopyButton } from "@/components/ui/copy-button";

type CommandLineProps = {
  /** What the line does; the heading above it. */
  title: string;
  line: string;
  /** Completes "Copy …" for screen readers. */
  what: string;
};

export function CommandLine({ title, line, what }: CommandLineProps) {
  return (
    <div className="grid min-w-0 gap-1">
      <div className="flex items-center justify-between gap-2">
        <p className="text-sm font-medium">{title}</p>
        <CopyButton text={line} what={what} />
      </div>
      <pre className="rounded-md border border-line bg-sunken px-3 py-2.5 font-mono text-xs whitespace-pre-wrap">
        <code>
          {wordsAndSpaces(line).map((part, place) =>
            // A browser breaks lines after hyphens too, which tears options like `-s` apart. A box of its own is broken only when
            // it is longer than a whole line. Text that is selected and copied stays exact.
            part.trim() === "" ? (
              part
            ) : (
              <span key={place} className="inline-block max-w-full [line-break:anywhere]">
                {part}
              </span>
            ),
          )}
        </code>
      </pre>
    </div>
  );
}

function wordsAndSpaces(line: string): string[] {
  return line.split(/(\s+)/).filter((part) => part !== "");
}

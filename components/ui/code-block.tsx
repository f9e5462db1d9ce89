import { Fragment } from "react";
import { cn } from "@/components/ui/cn";
import { CopyButton } from "@/components/ui/copy-button";
import { highlight, type CodeLanguage } from "@/components/ui/highlight";

type CodeBlockProps = {
  code: string;
  lang: CodeLanguage;
  /** What the code is or does, or the file that it belongs into. */
  title?: string;
  /** Completes "Copy …" for screen readers. */
  copyLabel?: string;
  /** Breaks long lines, for commands that are copied and not read; otherwise the block scrolls sideways. */
  wrap?: boolean;
};

/** Highlighted on the server; only the copy button is a script. */
export async function CodeBlock({ code, lang, title, copyLabel, wrap }: CodeBlockProps) {
  const shown = code.replace(/\n+$/, "");
  const lines = await highlight(shown, lang);
  return (
    <figure className="min-w-0 overflow-hidden rounded-md border border-line bg-sunken">
      <figcaption className="flex min-h-target items-center justify-between gap-3 border-b border-line pl-3.5">
        <span className="min-w-0 py-2 text-sm text-muted wrap-anywhere">{title ?? lang}</span>
        <span className="pr-2">
          <CopyButton text={shown} what={copyLabel ?? title ?? "the code"} />
        </span>
      </figcaption>
      {/* Focusable, so that the keyboard can scroll it. */}
      <pre
        tabIndex={wrap ? undefined : 0}
        className={cn(
          "px-3.5 py-3 font-mono text-xs text-(--code-foreground) outline-offset-[-2px]",
          wrap ? "wrap-anywhere whitespace-pre-wrap" : "overflow-x-auto",
        )}
      >
        <code>
          {lines.map((line, index) => (
            <Fragment key={index}>
              {index > 0 && "\n"}
              {line.map(({ text, color }, place) =>
                color ? (
                  <span key={place} style={{ color }}>
                    {text}
                  </span>
                ) : (
                  text
                ),
              )}
            </Fragment>
          ))}
        </code>
      </pre>
    </figure>
  );
}

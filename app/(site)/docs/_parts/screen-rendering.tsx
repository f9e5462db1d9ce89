import type { MDXComponents } from "mdx/types";
import Link from "next/link";
import { isValidElement, type ComponentProps, type ReactNode } from "react";
import type { Rendering } from "@/app/(site)/docs/_parts/docs-parts";
import { Callout } from "@/components/ui/callout";
import { CodeBlock } from "@/components/ui/code-block";
import { Tabs } from "@/components/ui/tabs";

/** Commands are copied and not read: their lines break instead of scrolling. */
const SHELLS = new Set(["bash", "powershell", "bat"]);

export const SCREEN: Rendering = {
  Code: ({ code, lang, title }) => (
    <CodeBlock code={code} lang={lang} title={title} copyLabel={title ? `the code “${title}”` : undefined} wrap={SHELLS.has(lang)} />
  ),
  Choices: ({ label, remember, choices }) => (
    <Tabs
      label={label}
      remember={remember}
      tabs={choices.map(({ id, label: name, content }) => ({
        id,
        label: name,
        content: (
          <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
            <p className="panel-name sr-only">{name}</p>
            {content}
          </div>
        ),
      }))}
    />
  ),
  Note: ({ tone, title, children }) => (
    <Callout tone={tone} title={title}>
      {children}
    </Callout>
  ),
};

/** What Markdown itself makes. */
export const SCREEN_ELEMENTS: MDXComponents = {
  a: TextLink,
  pre: Fence,
  table: WideTable,
  h2: (props) => <Heading level="h2" {...props} />,
  h3: (props) => <Heading level="h3" {...props} />,
};

function TextLink({ href = "", children }: ComponentProps<"a">) {
  if (href.startsWith("/") && !/^\/(setup\.|llms|docs\/[a-z-]+\.md|openapi)/.test(href)) return <Link href={href}>{children}</Link>;
  return (
    <a href={href} rel="noreferrer">
      {children}
    </a>
  );
}

function Fence({ children }: { children?: ReactNode }) {
  if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) return <pre>{children}</pre>;
  const { className = "", children: code } = children.props;
  if (typeof code !== "string") return <pre>{children}</pre>;
  return <SCREEN.Code code={code.trimEnd()} lang={/language-(\S+)/.exec(className)?.[1] ?? "text"} />;
}

function WideTable({ children }: { children?: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- so that the keyboard can scroll it
    <section className="wide-table" tabIndex={0} aria-label="Table">
      <table>{children}</table>
    </section>
  );
}

function Heading({ level: Level, id, children }: ComponentProps<"h2"> & { level: "h2" | "h3" }) {
  return (
    <Level id={id}>
      <a href={`#${id}`}>{children}</a>
    </Level>
  );
}

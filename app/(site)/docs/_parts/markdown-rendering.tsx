import type { Rendering } from "@/app/(site)/docs/_parts/docs-parts";

/** Plain HTML, for to-markdown.ts. */
export const MARKDOWN: Rendering = {
  Code: ({ code, lang, title }) => (
    <pre title={title}>
      <code className={`language-${lang}`}>{code}</code>
    </pre>
  ),
  Choices: ({ choices }) =>
    choices.map(({ id, label, content }) => (
      <section key={id}>
        <p>
          <strong>{label}</strong>
        </p>
        {content}
      </section>
    )),
  Note: ({ title, children }) => (
    <blockquote>
      {title && (
        <p>
          <strong>{title}</strong>
        </p>
      )}
      {children}
    </blockquote>
  ),
};

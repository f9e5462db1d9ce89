import type { ReactNode } from "react";

/** Sections of running text with links to each, as the legal pages have them. */
export function Prose({ sections }: { sections: readonly { id: string; title: string; body: ReactNode }[] }) {
  return (
    <>
      <nav aria-label="On this page">
        <ol className="grid gap-x-8 sm:grid-cols-2">
          {sections.map(({ id, title }, index) => (
            <li key={id}>
              <a href={`#${id}`} className="inline-flex min-h-target items-center gap-2 text-sm text-accent hover:underline sm:min-h-9">
                <span className="numeric text-muted">{index + 1}</span> {title}
              </a>
            </li>
          ))}
        </ol>
      </nav>
      {sections.map(({ id, title, body }, index) => (
        <section key={id} id={id} className="scroll-mt-6 border-t border-line pt-6">
          <h2 className="flex gap-2.5 text-lg font-semibold">
            <span className="numeric font-normal text-muted">{index + 1}</span> {title}
          </h2>
          <div className="mt-2 grid gap-3 text-pretty [&_a]:text-accent [&_a]:underline [&_a]:underline-offset-2 [&_li]:pl-1 [&_ul]:grid [&_ul]:list-disc [&_ul]:gap-1.5 [&_ul]:pl-5">
            {body}
          </div>
        </section>
      ))}
    </>
  );
}

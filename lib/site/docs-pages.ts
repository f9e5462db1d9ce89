/** The first is `/docs` itself. */
export const DOCS_GROUPS = [
  {
    title: "Start",
    pages: [
      {
        slug: "how-it-works",
        title: "How it works",
        about: "What happens to a request, from your client to an answer and its line in the log.",
      },
      { slug: "quick-start", title: "Quick start", about: "A key, one line for your client, and the first answer." },
    ],
  },
  {
    title: "Clients",
    pages: [
      { slug: "codex-cli", title: "Codex CLI", about: "The provider block, three ways to set it up, sessions, and the traps." },
      {
        slug: "vs-code",
        title: "VS Code",
        about: "The Codex extension, which reads the same configuration and often misses the variable.",
      },
      {
        slug: "windows",
        title: "Windows and WSL",
        about: "PowerShell, cmd and WSL: where the configuration lies and how the key gets there.",
      },
      { slug: "sdks", title: "SDKs and curl", about: "Any OpenAI client, by its base URL and a key." },
    ],
  },
  {
    title: "Lanes",
    pages: [
      { slug: "lanes", title: "Lanes and fallback", about: "Their order, what opens a paid lane, and why a thread stays where it is." },
      { slug: "limits", title: "At a limit", about: "What you see when a window, a wallet, a budget or a line is full." },
      { slug: "models", title: "Models and capabilities", about: "What each kind of lane serves, and what it refuses, field by field." },
      {
        slug: "account-rules",
        title: "Account rules",
        about: "What we ask of you before you connect a ChatGPT account, and what nobody can promise.",
      },
    ],
  },
  {
    title: "Money and answers",
    pages: [
      { slug: "billing", title: "Billing rules", about: "How a price is made, with examples that are computed when you open the page." },
      { slug: "errors", title: "Errors", about: "Every code, what SDKs and Codex are sent, and what to do." },
      { slug: "questions", title: "Questions", about: "Short answers to what people ask." },
      { slug: "support", title: "Support checklist", about: "What to look at first, and what to send us." },
    ],
  },
  {
    title: "Operators",
    pages: [
      { slug: "operator", title: "Operator guide", about: "Running an installation: settings, drivers, machines, backup, keys, upgrades." },
    ],
  },
] as const;

export type DocsPage = { slug: DocsSlug; title: string; about: string };
export type DocsSlug = (typeof DOCS_GROUPS)[number]["pages"][number]["slug"];

/** In the order in which one leads to the next. */
export const DOCS_PAGES: readonly DocsPage[] = DOCS_GROUPS.flatMap(({ pages }): readonly DocsPage[] => pages);

const FIRST: DocsSlug = "how-it-works";

export function docsHref(slug: DocsSlug): string {
  return slug === FIRST ? "/docs" : `/docs/${slug}`;
}

export function findDocsPage(slug: string): DocsPage | null {
  return DOCS_PAGES.find((page) => page.slug === slug) ?? null;
}

export function docsNeighbours(slug: DocsSlug): { previous: DocsPage | null; next: DocsPage | null } {
  const place = DOCS_PAGES.findIndex((page) => page.slug === slug);
  return { previous: DOCS_PAGES[place - 1] ?? null, next: DOCS_PAGES[place + 1] ?? null };
}

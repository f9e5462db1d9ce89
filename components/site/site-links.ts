export type SiteLink = { href: string; label: string };

export const HEADER_LINKS: readonly SiteLink[] = [
  { href: "/", label: "Product" },
  { href: "/pricing", label: "Pricing" },
  { href: "/docs", label: "Docs" },
  { href: "/api-docs", label: "API" },
  { href: "/status", label: "Status" },
];

export const FOOTER_LINKS: readonly { title: string; links: readonly SiteLink[] }[] = [
  {
    title: "Product",
    links: [
      { href: "/pricing", label: "Pricing" },
      { href: "/calculator", label: "Calculator" },
      { href: "/changelog", label: "Changelog" },
      { href: "/status", label: "Status" },
    ],
  },
  {
    title: "Documentation",
    links: [
      { href: "/docs/quick-start", label: "Quick start" },
      { href: "/docs/lanes", label: "Lanes" },
      { href: "/docs/questions", label: "Questions" },
      { href: "/api-docs", label: "API reference" },
    ],
  },
  {
    title: "Legal and help",
    links: [
      { href: "/terms", label: "Terms" },
      { href: "/privacy", label: "Privacy" },
      { href: "/docs/account-rules", label: "Account rules" },
      { href: "/docs/support", label: "Support" },
    ],
  },
];

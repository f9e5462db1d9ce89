import type { ShellLink, ShellLinks } from "@/components/layout/shell-links";

export const CUSTOMER_LINKS: ShellLinks = [
  [
    { href: "/dashboard", label: "Overview", icon: "overview", goKey: "o" },
    { href: "/dashboard/usage", label: "Usage", icon: "usage", goKey: "u" },
    { href: "/dashboard/requests", label: "Requests", icon: "requests", goKey: "r" },
    { href: "/dashboard/lanes", label: "Lanes", icon: "lanes", goKey: "l" },
    { href: "/dashboard/keys", label: "API keys", icon: "keys", goKey: "k" },
    { href: "/dashboard/setup", label: "Setup", icon: "setup", goKey: "s" },
    { href: "/dashboard/wallet", label: "Wallet", icon: "wallet", goKey: "w" },
    { href: "/dashboard/settings", label: "Settings", icon: "settings", goKey: "e" },
  ],
  [{ href: "/docs", label: "Docs", icon: "docs", goKey: "d" }],
];

/** Found by the palette; each also stands on the page of its tab. */
export const CUSTOMER_ERRANDS: readonly ShellLink[] = [
  { href: "/dashboard/keys/new", label: "Create an API key", icon: "keys" },
  { href: "/dashboard/lanes/connect", label: "Connect a ChatGPT account", icon: "lanes" },
  { href: "/dashboard/lanes/add-key", label: "Add an own OpenAI key as a lane", icon: "lanes" },
  { href: "/dashboard/lanes/what-if", label: "Try which lane would answer", icon: "lanes" },
  { href: "/dashboard/settings/security", label: "Change the password, two-factor sign-in, sessions", icon: "settings" },
  { href: "/dashboard/settings/notifications", label: "Choose which mails you get", icon: "settings" },
  { href: "/dashboard/settings/data", label: "Export your data, delete the account", icon: "settings" },
];

export const ADMIN_LINKS: ShellLinks = [
  [
    { href: "/admin", label: "Users", icon: "users", goKey: "u" },
    { href: "/admin/signups", label: "Sign-ups", icon: "sign-ups", goKey: "n" },
    { href: "/admin/lanes", label: "Lanes", icon: "lanes", goKey: "l" },
    { href: "/admin/outbox", label: "Mails", icon: "mails", goKey: "m" },
    { href: "/admin/gallery", label: "Gallery", icon: "gallery", goKey: "y" },
  ],
  [
    { href: "/dashboard", label: "My dashboard", icon: "overview", goKey: "o" },
    { href: "/docs", label: "Docs", icon: "docs", goKey: "d" },
  ],
];

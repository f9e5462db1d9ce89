import type { ShellLinks } from "@/components/layout/shell-links";

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

"use client";

import { ChevronDown, KeyRound, LogOut, Monitor, Moon, Settings, Sun, UserRound } from "lucide-react";
import { startTransition } from "react";
import { useTheme } from "@/components/layout/use-theme";
import { Button } from "@/components/ui/button";
import { Menu, type MenuItem } from "@/components/ui/menu";

type UserMenuProps = {
  username: string;
  /** The address of the settings, if the viewer has any. */
  settingsHref?: string | undefined;
  signOut: () => Promise<void>;
};

const ICON = { "aria-hidden": true, size: 16 } as const;

export function UserMenu({ username, settingsHref, signOut }: UserMenuProps) {
  const [theme, setTheme] = useTheme();
  const account: MenuItem[] = [
    settingsHref === undefined
      ? { label: "Change password", href: "/change-password", icon: <KeyRound {...ICON} /> }
      : { label: "Settings", href: settingsHref, icon: <Settings {...ICON} /> },
  ];
  const themes: MenuItem[] = [
    { label: "Light", onSelect: () => setTheme("light"), icon: <Sun {...ICON} />, checked: theme === "light" },
    { label: "Dark", onSelect: () => setTheme("dark"), icon: <Moon {...ICON} />, checked: theme === "dark" },
    { label: "As the system", onSelect: () => setTheme("system"), icon: <Monitor {...ICON} />, checked: theme === "system" },
  ];
  const out: MenuItem[] = [{ label: "Sign out", onSelect: () => startTransition(signOut), icon: <LogOut {...ICON} /> }];
  return (
    <Menu
      label={`Account of ${username}`}
      heading={
        <>
          <span className="text-muted">Signed in as</span> <span className="font-medium wrap-anywhere">{username}</span>
        </>
      }
      items={[account, themes, out]}
      trigger={
        <Button look="quiet" className="min-w-target px-2">
          <UserRound aria-hidden size={18} className="shrink-0" />
          <span className="max-w-32 truncate max-sm:hidden">{username}</span>
          <ChevronDown aria-hidden size={14} className="shrink-0 max-sm:hidden" />
        </Button>
      }
    />
  );
}

/** The pages that the shell, the palette and the shortcuts lead to: data, so that they always agree. */
export type ShellLink = {
  href: string;
  label: string;
  icon: ShellIcon;
  /** Pressed after `g`. */
  goKey?: string;
};

export type ShellIcon =
  | "overview"
  | "usage"
  | "requests"
  | "lanes"
  | "keys"
  | "setup"
  | "wallet"
  | "settings"
  | "docs"
  | "users"
  | "sign-ups"
  | "mails"
  | "gallery";

/** A group of links; the second and later ones stand apart. */
export type ShellLinks = readonly (readonly ShellLink[])[];

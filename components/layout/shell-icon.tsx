import {
  BookOpen,
  ChartColumn,
  KeyRound,
  LayoutDashboard,
  List,
  Mail,
  Palette,
  Route,
  Settings,
  Terminal,
  UserPlus,
  Users,
  Wallet,
  type LucideIcon,
} from "lucide-react";
import type { ShellIcon as ShellIconName } from "@/components/layout/shell-links";

const ICONS: Record<ShellIconName, LucideIcon> = {
  overview: LayoutDashboard,
  usage: ChartColumn,
  requests: List,
  lanes: Route,
  keys: KeyRound,
  setup: Terminal,
  wallet: Wallet,
  settings: Settings,
  docs: BookOpen,
  users: Users,
  "sign-ups": UserPlus,
  mails: Mail,
  gallery: Palette,
};

export function ShellIcon({ name }: { name: ShellIconName }) {
  const Icon = ICONS[name];
  return <Icon aria-hidden size={17} className="shrink-0" />;
}

"use client";

import { Monitor, Moon, Sun } from "lucide-react";
import { THEMES } from "@/components/layout/theme";
import { useTheme } from "@/components/layout/use-theme";

const LOOKS = {
  system: { label: "As the system", Icon: Monitor },
  light: { label: "Light", Icon: Sun },
  dark: { label: "Dark", Icon: Moon },
};

export function ThemeToggle() {
  const [theme, setTheme] = useTheme();
  return (
    <fieldset aria-label="Colour theme" className="inline-flex rounded-md border border-line">
      {THEMES.map((name) => {
        const { label, Icon } = LOOKS[name];
        return (
          <button
            key={name}
            type="button"
            aria-pressed={theme === name}
            aria-label={label}
            title={label}
            onClick={() => setTheme(name)}
            className="grid size-target place-items-center rounded-md text-muted hover:text-ink aria-pressed:bg-sunken aria-pressed:text-ink"
          >
            <Icon aria-hidden size={16} />
          </button>
        );
      })}
    </fieldset>
  );
}

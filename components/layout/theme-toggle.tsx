"use client";

import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { Monitor, Moon, Sun } from "lucide-react";
import { useSyncExternalStore } from "react";
import { THEME_STORE, THEMES, type Theme } from "@/components/layout/theme";

const CHANGED = "themechange";
const LOOKS = {
  system: { label: "As the system", Icon: Monitor },
  light: { label: "Light", Icon: Sun },
  dark: { label: "Dark", Icon: Moon },
};

export function ThemeToggle() {
  const theme = useSyncExternalStore(subscribe, readTheme, () => "system" as const);
  return (
    <ToggleGroup
      aria-label="Colour theme"
      value={[theme]}
      onValueChange={([chosen]) => {
        if (chosen) setTheme(chosen);
      }}
      className="inline-flex rounded-md border border-line"
    >
      {THEMES.map((name) => {
        const { label, Icon } = LOOKS[name];
        return (
          <Toggle
            key={name}
            value={name}
            aria-label={label}
            title={label}
            className="grid size-target place-items-center rounded-md text-muted hover:text-ink data-pressed:bg-sunken data-pressed:text-ink"
          >
            <Icon aria-hidden size={16} />
          </Toggle>
        );
      })}
    </ToggleGroup>
  );
}

function readTheme(): Theme {
  const theme = document.documentElement.dataset["theme"];
  return theme === "light" || theme === "dark" ? theme : "system";
}

function setTheme(theme: Theme) {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem(THEME_STORE, theme);
  } catch {
    // Storage may be closed to us: the choice then lasts as long as the page.
  }
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(onChange: () => void) {
  window.addEventListener(CHANGED, onChange);
  return () => window.removeEventListener(CHANGED, onChange);
}

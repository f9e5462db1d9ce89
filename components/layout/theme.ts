export const THEME_STORE = "theme";
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Runs in <head>, before anything is painted. */
export const THEME_SCRIPT = `try{var t=localStorage.getItem("${THEME_STORE}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch{}`;

import { settingsTable, type Setting } from "@/lib/config/settings-table";

/** The settings table as it stands in the README. */
export function settingsMarkdown(): string {
  const rows = Object.values(settingsTable).map((setting: Setting<unknown>) => {
    const shown = setting.defaultShown ?? (setting.default ? `\`${setting.default}\`` : "–");
    return `| \`${setting.name}\` | ${shown} | ${setting.meaning}${setting.secret ? " Secret." : ""} |`;
  });
  return ["| setting | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Where pino's numbers for its levels begin. */
const LEVELS = [
  { from: 50, name: "error: " },
  { from: 40, name: "warning: " },
  { from: 30, name: "" },
  { from: 0, name: "debug: " },
] as const;
const FIELD_LENGTH_MAX = 200;

type Entry = { level: number; msg?: string; err?: { type?: string; message?: string; stack?: string }; [field: string]: unknown };

/** For people: one line per entry of a worker's log, and the stack of an error below it. Other lines stay as they are. */
export function readableLog(log: (line: string) => void): (line: string) => void {
  return (line) => {
    const entry = parse(line);
    if (entry === null) return log(line);
    const { level, time: _time, msg = "", err, ...fields } = entry;
    const shown = Object.entries(fields).map(([name, value]) => `${name}=${short(value)}`);
    const reason = err ? [`${err.type ?? "Error"}: ${err.message ?? ""}`] : [];
    log(`${LEVELS.find(({ from }) => level >= from)?.name ?? ""}${[msg, ...shown, ...reason].filter((part) => part !== "").join(" ")}`);
    for (const frame of err?.stack?.split("\n").filter((text) => /^\s+at /.test(text)) ?? []) log(frame);
  };
}

function parse(line: string): Entry | null {
  if (!line.startsWith('{"level":')) return null;
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return null;
  }
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > FIELD_LENGTH_MAX ? `${text.slice(0, FIELD_LENGTH_MAX)}…` : text;
}

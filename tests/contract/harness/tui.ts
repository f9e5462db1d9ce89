import { spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { codexBinary, type CodexDesk } from "@/tests/contract/harness/codex";

/** A program in a pseudo-terminal, read as a person reads it: from the rendered screen and what has scrolled off it. */
export type Tui = {
  screen: () => string;
  /** Resolves when the text is on the screen; fails with the screen's content when it never comes. */
  waitForText: (wanted: string | RegExp) => Promise<void>;
  /** Puts text into Codex's prompt and sends it. */
  submit: (text: string) => Promise<void>;
  /** Types, as it is. */
  type: (text: string) => void;
  /** Ends the program and waits for it. */
  close: () => Promise<void>;
};

/** Wide enough for Codex to show the thread's title beside the folder, however long the path of the checkout is. */
const COLUMNS = 240;
const ROWS = 50;
const SCROLLBACK_ROWS = 2_000;
const WAIT_MS_MAX = 60_000;
const PASTE_BEGIN = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/** The interactive Codex. */
export async function startTui(desk: CodexDesk, args: string[] = []): Promise<Tui> {
  return startTerminal(await codexBinary(), ["--no-daemon", ...args], desk);
}

export function startTerminal(program: string, args: string[], desk: Pick<CodexDesk, "work" | "env">): Tui {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, scrollback: SCROLLBACK_ROWS, allowProposedApi: true });
  const pty = spawn(program, args, { cols: COLUMNS, rows: ROWS, cwd: desk.work, env: desk.env });
  const watchers = new Set<() => void>();
  let exited = false;
  const look = (): void => {
    for (const watch of watchers) watch();
  };
  pty.onData((data) => terminal.write(data, look));
  // Codex asks the terminal for its cursor and attributes; the emulator's answers go back in.
  terminal.onData((answer) => pty.write(answer));
  const ended = new Promise<void>((resolve) =>
    pty.onExit(() => {
      exited = true;
      look();
      resolve();
    }),
  );

  const screen = (): string => {
    const { active } = terminal.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "").join("\n");
  };

  const waitForText = (wanted: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(giveUp);
        watchers.delete(watch);
        if (error) reject(error);
        else resolve();
      };
      const watch = (): void => {
        const text = screen();
        if (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)) settle();
        else if (exited) settle(new Error(`It ended before it showed ${String(wanted)}:\n${text}`));
      };
      const giveUp = setTimeout(() => settle(new Error(`It never showed ${String(wanted)}:\n${screen()}`)), WAIT_MS_MAX);
      watchers.add(watch);
      watch();
    });

  return {
    screen,
    waitForText,
    submit: async (text) => {
      // As a paste: single keys this fast would be taken for one, and the Enter with them.
      pty.write(`${PASTE_BEGIN}${text}${PASTE_END}`);
      await waitForText(new RegExp(`› ${text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\n", "\\s+")}`));
      pty.write("\r");
    },
    type: (text) => pty.write(text),
    close: async () => {
      // As when a person closes the window: a shell would ignore a request to terminate.
      if (!exited) pty.kill("SIGHUP");
      await ended;
      terminal.dispose();
    },
  };
}

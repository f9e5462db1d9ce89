import type { CodexLabels } from "@/lib/openai/codex-metadata";

/** What groups the requests of one project: a folder of the client's machine, or a session where none is named. */
export type CodexProject = { kind: "folder" | "session"; name: string };

/** The environment stands behind the instructions; after a compaction, behind the messages that were kept. */
const ITEMS_MAX = 256;
const PARTS_MAX = 16;
const OPENING = "<environment_context>";
/** Of one text, from its beginning. */
const TEXT_CHARS_MAX = 8 * 1024;

/** A claim of the client, as all labels. The name is never stored: see `projectId` of the gateway. */
export function readCodexProject(body: Readonly<Record<string, unknown>>, labels: CodexLabels): CodexProject | null {
  const folder = readFolder(body["input"]);
  if (folder !== null) return { kind: "folder", name: folder };
  // A title is made in a session of its own, which names no folder: it would be a project of one request.
  if (labels.threadSource === "thread_title") return null;
  const session = labels.sessionId ?? labels.threadId;
  return session === null ? null : { kind: "session", name: session };
}

function readFolder(input: unknown): string | null {
  if (!Array.isArray(input)) return null;
  for (const item of (input as unknown[]).slice(0, ITEMS_MAX)) {
    const { role, content } = (item ?? {}) as { role?: unknown; content?: unknown };
    if (role !== "user" || !Array.isArray(content)) continue;
    for (const part of (content as unknown[]).slice(0, PARTS_MAX)) {
      const { text } = (part ?? {}) as { text?: unknown };
      if (typeof text !== "string" || !text.startsWith(OPENING)) continue;
      const folder = /<cwd>([^<]+)<\/cwd>/.exec(text.slice(0, TEXT_CHARS_MAX))?.[1]?.trim();
      if (folder) return folder;
    }
  }
  return null;
}

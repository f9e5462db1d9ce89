import { codexBinary } from "@/tests/contract/harness/codex";

/** Fetches the pinned Codex CLI before the first test, so that a machine without network fails once, and at the start. */
export default async function fetchCodex(): Promise<void> {
  await codexBinary();
}

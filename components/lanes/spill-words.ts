/** Why the Codex lanes above passed a request on, in the words of a sentence that begins with "because". */
export function spillWords(reason: string): string {
  switch (reason) {
    case "exhausted":
      return "the Codex lanes above were used up";
    case "lost":
      return "the Codex lanes above were signed out or not running";
    case "busy":
      return "the line of the Codex lanes above was full or too slow";
    case "cannot":
      return "a Codex lane cannot do what they asked for";
    default:
      return reason.replaceAll("_", " ");
  }
}

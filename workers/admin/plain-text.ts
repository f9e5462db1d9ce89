/** What customers and upstreams wrote must not steer the operator's terminal: control characters become blanks, lines stay. */
export function plainText(text: string): string {
  return text.replace(/[^\P{Cc}\n]+/gu, " ");
}

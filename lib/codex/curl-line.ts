/** One question without Codex, for the shell that has the key. The web address is a setting and the name a shell variable's: neither needs quotes. */
export function curlLine(input: { publicUrl: string; keyEnvName: string }): string {
  const body = JSON.stringify({ model: "gpt-5.5", input: "Say hello" });
  return `curl ${input.publicUrl}/v1/responses -H "authorization: Bearer $${input.keyEnvName}" -H 'content-type: application/json' -d '${body}'`;
}

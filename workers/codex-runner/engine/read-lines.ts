/** The lines of a stream, without their ends; throws when one is longer than the bound. */
export async function* readLines(stream: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<string> {
  const LF = 0x0a;
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      parts.push(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString("utf8");
      parts = [];
      held = 0;
      from = end + 1;
    }
    held += chunk.length - from;
    if (held > bytesMax) throw new Error(`A line is above ${bytesMax} bytes.`);
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (held > 0) yield Buffer.concat(parts).toString("utf8");
}

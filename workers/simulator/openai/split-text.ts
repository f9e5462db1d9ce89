/** Splits a text into `pieces` parts of nearly equal length (fewer when it is shorter than that), never inside a surrogate pair. */
export function* splitText(text: string, pieces: number): Generator<string> {
  const count = Math.min(pieces, text.length);
  let from = 0;
  for (let piece = 1; piece <= count; piece += 1) {
    let to = Math.floor((piece * text.length) / count);
    if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to += 1;
    if (to > from) yield text.slice(from, to);
    from = Math.max(from, to);
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

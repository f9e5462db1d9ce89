/**
 * What the model may say at most, kept by us because Codex cannot be asked for it: stop sequences and a number of tokens.
 *
 * Of a stop sequence no character is ever passed on, however it was split over deltas: what could be the beginning of one waits until
 * it is known. Text that has gone out is never taken back.
 */
export type Tokenizer = { encode(text: string): number[]; decode(tokens: readonly number[]): string };

/** `cut`: the answer ends behind `text`. */
export type Passed = { text: string; cut: "stop" | "max_output_tokens" | null };

/** Characters that are counted at once: a tokenizer's cost grows with the square of the longest unbroken word. */
const PIECE_LENGTH = 4_096;

export class OutputLimit {
  private held = "";
  private settledTokens = 0;
  /** Passed on behind what is settled. */
  private tail = "";
  /** Of `tail`, as counted last; what came since is at most a token per byte. */
  private tailTokens = 0;
  private uncountedBytes = 0;
  private isCut = false;
  private tokenizer: Tokenizer | null = null;

  constructor(private readonly options: { stops: readonly string[]; tokensMax: number }) {}

  /** Its tables take long to load, and most answers are shorter in bytes than their limit is in tokens. */
  needsTokenizer(next: string): boolean {
    return this.tokenizer === null && this.tokensAtMost() + Buffer.byteLength(this.held) + Buffer.byteLength(next) > this.options.tokensMax;
  }

  use(tokenizer: Tokenizer): void {
    this.tokenizer = tokenizer;
  }

  push(delta: string): Passed {
    if (this.isCut) return { text: "", cut: null };
    const text = this.held + delta;
    const stopAt = this.firstStop(text);
    if (stopAt >= 0) {
      this.held = "";
      return this.pass(text.slice(0, stopAt), "stop");
    }
    const keep = this.possibleStop(text);
    this.held = text.slice(text.length - keep);
    return this.pass(text.slice(0, text.length - keep), null);
  }

  /** What was held back turned out to be no stop sequence. */
  flush(): Passed {
    const text = this.held;
    this.held = "";
    return this.isCut ? { text: "", cut: null } : this.pass(text, null);
  }

  /** Whether that much more may be said, as the arguments of a call, which go out whole or not at all. */
  takes(text: string): boolean {
    return this.pass(text, null).cut === null;
  }

  /** Of everything that was passed on. Needs a tokenizer. */
  tokens(): number {
    this.count();
    return this.settledTokens + this.tailTokens;
  }

  private pass(text: string, cut: Passed["cut"]): Passed {
    const settledBefore = this.settledTokens;
    const tailBefore = this.tail;
    this.tail += text;
    this.uncountedBytes += Buffer.byteLength(text);
    if (this.tokensAtMost() > this.options.tokensMax && this.tokens() > this.options.tokensMax) {
      const fits = this.fitting(settledBefore, tailBefore, text);
      this.settledTokens = settledBefore;
      this.tail = tailBefore + fits;
      this.uncountedBytes = Buffer.byteLength(this.tail);
      this.isCut = true;
      return { text: fits, cut: "max_output_tokens" };
    }
    if (cut !== null) this.isCut = true;
    return { text, cut };
  }

  private tokensAtMost(): number {
    return this.settledTokens + this.tailTokens + this.uncountedBytes;
  }

  private count(): void {
    if (this.uncountedBytes === 0) return;
    while (this.tail.length >= PIECE_LENGTH) {
      this.settledTokens += this.encode(this.tail.slice(0, PIECE_LENGTH)).length;
      this.tail = this.tail.slice(PIECE_LENGTH);
    }
    this.tailTokens = this.encode(this.tail).length;
    this.uncountedBytes = 0;
  }

  /** The longest beginning of `text` that the tokens left can hold; the tail before it has gone out and may not leave any. */
  private fitting(settled: number, tail: string, text: string): string {
    let left = this.options.tokensMax - settled;
    let kept = "";
    const all = tail + text;
    for (let at = 0; at < all.length && left > 0; at += PIECE_LENGTH) {
      const piece = all.slice(at, at + PIECE_LENGTH);
      const tokens = this.encode(piece);
      kept += tokens.length <= left ? piece : commonStart(piece, this.known().decode(tokens.slice(0, left)));
      left -= tokens.length;
    }
    return kept.slice(tail.length);
  }

  private encode(text: string): number[] {
    return this.known().encode(text);
  }

  private known(): Tokenizer {
    if (this.tokenizer === null) throw new Error("The limit is near and there is no tokenizer to count with.");
    return this.tokenizer;
  }

  private firstStop(text: string): number {
    let first = -1;
    for (const stop of this.options.stops) {
      const at = text.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) first = at;
    }
    return first;
  }

  /** How many of the last characters could be the beginning of a stop sequence. */
  private possibleStop(text: string): number {
    let longest = 0;
    for (const stop of this.options.stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}

/** A token may end inside of a character, which decodes to something else. */
function commonStart(text: string, decoded: string): string {
  let length = 0;
  while (length < decoded.length && text[length] === decoded[length]) length++;
  const last = text.charCodeAt(length - 1);
  const splitsPair = length > 0 && length < text.length && last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? length - 1 : length);
}

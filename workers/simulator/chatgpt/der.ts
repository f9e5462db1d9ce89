/** As much of DER (ITU-T X.690) as a certificate needs. Every function returns one encoded value. */

const LENGTH_SHORT_MAX = 0x7f;

export function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => tagged(0x31, ...parts);
export const octets = (...parts: readonly Uint8Array[]): Buffer => tagged(0x04, ...parts);
export const text = (value: string): Buffer => tagged(0x0c, Buffer.from(value));
export const yes = (): Buffer => tagged(0x01, Buffer.from([0xff]));

/** Of these bytes, the highest first: below 0x80, so that it is positive, and not 0 unless it is the only one. */
export function integer(bytes: Uint8Array): Buffer {
  return tagged(0x02, bytes);
}

/** The first bits of a byte, such as key usages; `unused` are the bits at its end that mean nothing. */
export function bits(value: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.from([unused]), value);
}

export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** RFC 5280 wants two digits of the year before 2050, and four from then on. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, "");
  return at.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

function lengthOf(content: Uint8Array): Buffer {
  if (content.length <= LENGTH_SHORT_MAX) return Buffer.from([content.length]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(content.length);
  const kept = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([0x80 | kept.length]), kept]);
}

function base128(value: number): number[] {
  const low = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) low.unshift((left & 0x7f) | 0x80);
  return low;
}

import { AppError } from "@/lib/errors/app-error";

/**
 * The frame format is RFC 8878. A decoder allocates the window that the header names before it has seen a byte of
 * content, and every further frame may name another: so one frame, and the window that RFC 9659 allows over HTTP.
 */
const MAGIC = 0xfd2fb528;
const WINDOW_BYTES_MAX = 8 * 1024 * 1024;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** Throws unless the bytes are exactly one whole frame with a window that we are ready to hold. */
export function checkZstdFrame(bytes: Buffer): void {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== MAGIC) throw new Error("no zstd frame");
  const descriptor = bytes[4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
  if (dictionaryBytes > 0) throw new AppError("encoding_unsupported", "zstd with a dictionary is not supported.");
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  const sizeAt = singleSegment ? 5 : 6;
  let at = sizeAt + sizeBytes;
  if (bytes.length < at) throw new Error("the frame ends in its header");
  const window = singleSegment ? contentSize(bytes, sizeAt, sizeBytes) : windowSize(bytes[5]!);
  if (window > WINDOW_BYTES_MAX) throw new AppError("encoding_unsupported", "The zstd window is above 8 MiB, the most that HTTP allows.");

  for (let isLast = false; !isLast;) {
    if (at + BLOCK_HEADER_BYTES > bytes.length) throw new Error("the frame ends between blocks");
    const header = bytes.readUIntLE(at, BLOCK_HEADER_BYTES);
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) throw new Error("reserved block type");
    isLast = (header & 1) === 1;
    at += BLOCK_HEADER_BYTES + (type === RLE_BLOCK ? 1 : header >> 3);
  }
  if ((descriptor & 0x04) !== 0) at += CHECKSUM_BYTES;
  if (at !== bytes.length) throw new Error(at > bytes.length ? "the frame is cut short" : "more than one frame");
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  // Two bytes count from 256: smaller sizes fit in one.
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}

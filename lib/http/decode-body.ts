import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate as yieldToLoop } from "node:timers/promises";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { Decompress } from "fzstd";
import { AppError } from "@/lib/errors/app-error";
import { checkZstdFrame } from "@/lib/http/zstd-frame";
import type { Encoding } from "@/lib/http/read-body";

const CHUNK_BYTES = 64 * 1024;
/** The low four bits of a zlib header; raw deflate, which some clients send under the same name, has none. */
const ZLIB_METHOD = 8;

/** Unpacks one layer piece by piece; `keep` sees every piece and throws when a cap is reached, before the next is made. */
export async function decodeBody(encoding: Encoding, wire: AsyncIterable<Uint8Array>, keep: (chunk: Uint8Array) => void): Promise<void> {
  const refusals: AppError[] = [];
  const guarded = (chunk: Uint8Array) => {
    try {
      keep(chunk);
    } catch (cause) {
      if (cause instanceof AppError) refusals.push(cause);
      throw cause;
    }
  };
  try {
    if (encoding === "zstd") await decodeZstd(wire, guarded);
    else await decodeZlib(encoding, wire, guarded);
  } catch (cause) {
    // `pipeline` reports what its last stage threw as its own abort.
    const [refusal] = refusals;
    if (refusal) throw refusal;
    if (cause instanceof AppError) throw cause;
    throw new AppError("request_invalid", `The body is not valid ${encoding} data.`, { cause });
  }
}

async function decodeZlib(
  encoding: Exclude<Encoding, "zstd">,
  wire: AsyncIterable<Uint8Array>,
  keep: (chunk: Uint8Array) => void,
): Promise<void> {
  const iterator = wire[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done) throw new Error("empty body");
  const source = async function* () {
    try {
      for (let next: IteratorResult<Uint8Array> = first; !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  };
  const options = { chunkSize: CHUNK_BYTES };
  const decoder =
    encoding === "gzip"
      ? createGunzip(options)
      : encoding === "br"
        ? createBrotliDecompress(options)
        : (first.value[0]! & 0x0f) === ZLIB_METHOD
          ? createInflate(options)
          : createInflateRaw(options);
  await pipeline(Readable.from(source(), { objectMode: true }), decoder, async (decoded: AsyncIterable<Buffer>) => {
    for await (const chunk of decoded) keep(chunk);
  });
}

/**
 * The decoder is synchronous and trusts the frame's header, so the packed bytes are gathered first (their cap is the
 * caller's), the header is checked, and the loop is given back between pieces.
 */
async function decodeZstd(wire: AsyncIterable<Uint8Array>, keep: (chunk: Uint8Array) => void): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of wire) chunks.push(chunk);
  const packed = Buffer.concat(chunks);
  checkZstdFrame(packed);
  const decoder = new Decompress((decoded) => keep(decoded));
  for (let at = 0; at < packed.length; at += CHUNK_BYTES) {
    if (at > 0) await yieldToLoop();
    decoder.push(packed.subarray(at, at + CHUNK_BYTES), at + CHUNK_BYTES >= packed.length);
  }
}

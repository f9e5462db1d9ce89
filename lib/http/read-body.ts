import { AppError } from "@/lib/errors/app-error";
import { decodeBody } from "@/lib/http/decode-body";
import type { Call } from "@/lib/http/call";
import type { ByteBudget } from "@/lib/http/decoded-budget";

export type BodyLimits = {
  /** On the wire. */
  compressedBytesMax: number;
  /** Unpacked. */
  decodedBytesMax: number;
  /** Unpacked bytes per byte on the wire, once the body is above `RATIO_FREE_BYTES`. */
  ratioMax: number;
  /** The caller's share of what the whole process may hold. */
  budget: ByteBudget;
};

export type Encoding = "gzip" | "deflate" | "br" | "zstd";

const MIB = 1024 * 1024;
export const BODY_BYTES_MAX = 64 * MIB;
export const BODY_RATIO_MAX = 200;
/** Small bodies may be as repetitive as they like. */
const RATIO_FREE_BYTES = 1 * MIB;
/** However steadily it comes: a body that is not whole by then is a way of holding memory. */
const BODY_TOTAL_MS = 5 * 60_000;

/**
 * The whole body, unpacked, with every cap applied while it is read. Its length is held in the budget: the caller
 * releases it when the request is over. Nothing stays held when this throws.
 */
export async function readBody(call: Call, limits: BodyLimits): Promise<Buffer> {
  const encoding = readEncoding(call.headers["content-encoding"]);
  const announced = Number(call.headers["content-length"] ?? 0);
  if (announced > limits.compressedBytesMax) throw tooLarge(limits.compressedBytesMax);

  const chunks: Uint8Array[] = [];
  let wireBytes = 0;
  let decodedBytes = 0;
  const keep = (chunk: Uint8Array) => {
    if (decodedBytes + chunk.byteLength > limits.decodedBytesMax) throw tooLarge(limits.decodedBytesMax);
    if (encoding !== null && decodedBytes > RATIO_FREE_BYTES && decodedBytes > wireBytes * limits.ratioMax) {
      throw new AppError("body_too_large", `The body unpacks to more than ${limits.ratioMax} times its size.`);
    }
    limits.budget.acquire(chunk.byteLength);
    decodedBytes += chunk.byteLength;
    chunks.push(chunk);
  };
  const wire = countWire(call, limits, (bytes) => {
    // Packed bytes are held beside the unpacked ones until both are done.
    if (encoding !== null) limits.budget.acquire(bytes);
    return (wireBytes += bytes);
  });
  try {
    if (encoding === null) for await (const chunk of wire) keep(chunk);
    else await decodeBody(encoding, wire, keep);
  } catch (cause) {
    limits.budget.release(decodedBytes);
    throw cause;
  } finally {
    if (encoding !== null) limits.budget.release(wireBytes);
  }
  const only = chunks.length === 1 ? chunks[0] : undefined;
  if (only) return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  return Buffer.concat(chunks, decodedBytes);
}

async function* countWire(call: Call, limits: BodyLimits, count: (bytes: number) => number): AsyncGenerator<Uint8Array> {
  const iterator = call.body[Symbol.asyncIterator]();
  const startedAt = performance.now();
  try {
    for (;;) {
      const next = await nextChunk(iterator);
      if (performance.now() - startedAt > BODY_TOTAL_MS) throw new AppError("request_invalid", "The body took too long to arrive.");
      if (next.done) return;
      if (count(next.value.byteLength) > limits.compressedBytesMax) throw tooLarge(limits.compressedBytesMax);
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function nextChunk(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await iterator.next();
  } catch (cause) {
    throw new AppError("request_invalid", "The connection closed before the whole body had arrived.", { cause });
  }
}

function readEncoding(header: string | undefined): Encoding | null {
  const layers = (header ?? "")
    .split(",")
    .map((layer) => layer.trim().toLowerCase())
    .filter((layer) => layer !== "" && layer !== "identity");
  const [layer] = layers;
  if (layer === undefined) return null;
  if (layers.length > 1) throw new AppError("encoding_unsupported", "Send the body with one content-encoding, not several.");
  switch (layer) {
    case "gzip":
    case "x-gzip":
      return "gzip";
    case "deflate":
    case "br":
    case "zstd":
      return layer;
    default:
      throw new AppError("encoding_unsupported", "Send the body plain, or with content-encoding gzip, deflate, br or zstd.");
  }
}

function tooLarge(bytesMax: number): AppError {
  return new AppError("body_too_large", `The body is larger than ${Math.floor(bytesMax / MIB) || 1} MiB.`);
}

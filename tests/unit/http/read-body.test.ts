import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DecodedBudget } from "@/lib/http/decoded-budget";
import { readBody } from "@/lib/http/read-body";
import type { Call } from "@/lib/http/call";
import type { BodyLimits } from "@/lib/http/read-body";

const MIB = 1024 * 1024;
const TEXT = Buffer.from(JSON.stringify({ input: "hello ".repeat(5_000), more: Array.from({ length: 500 }, (_, index) => index * 7919) }));

/** Packed by the zstd command line at level 3, with its checksum; Node 20 has no zstd encoder. */
const ZSTD_TEXT = Array.from({ length: 60 }, (_, index) => `item ${index * 7919} of switchyard\n`).join("");
const ZSTD_SAMPLE = Buffer.from(
  "KLUv/QRY/QgAdpIqFLCbDiexh7ItMJQspZQppSTNka4ELwAhACAAFLXacMO30vr3Pn69ZGSdT0mlr1YTkFDQgABAsCDwcDDQgODAEGCgEBABCQUNCAEdix6cmnpEdaTRs6LIxPH59CjuYoSjoU0oNhdjxHhVbAImdw+3znbErImirIhGtChOshmaJWQnDPck37wU2Rk5CuSIo3VTd4tr+68pQ8fUTLNZqOHXq0G0BdU4HVr6yts+IJCjkjyI/vRPf/qnP/3pn/70jyhEIRX96Z/+9Kd/+tP4IboFP/3pj1CIon360z/96fq41YKf/vSnffojFJJCDqZoA31a0A9mWkCwTw/o0wL9dACfBtif/v9P+3+a1mhNk5+mNa3TmiY/DWjNiNYujZzQ82/4",
  "base64",
);

function callWith(body: Buffer, headers: Record<string, string> = {}, chunkBytes = 1_000): Call {
  async function* chunks() {
    for (let at = 0; at < body.length; at += chunkBytes) yield body.subarray(at, at + chunkBytes);
  }
  return {
    method: "POST",
    path: "/v1/responses",
    query: "",
    headers,
    body: chunks(),
    clientAddress: null,
    signal: new AbortController().signal,
  };
}

function limits(change: Partial<BodyLimits> = {}): BodyLimits {
  return { compressedBytesMax: 64 * MIB, decodedBytesMax: 64 * MIB, ratioMax: 200, budget: new DecodedBudget(256 * MIB), ...change };
}

/** A zstd frame made of stored or repeated blocks; the header as it is given. */
function zstdFrame(options: { window?: number; blocks: { byte: number; times: number }[] }): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, options.window ?? 0x58]);
  const blocks = options.blocks.map(({ byte, times }, index) => {
    const isLast = index === options.blocks.length - 1 ? 1 : 0;
    const block = Buffer.alloc(4, byte);
    block.writeUIntLE((times << 3) | (1 << 1) | isLast, 0, 3);
    return block;
  });
  return Buffer.concat([head, ...blocks]);
}

describe("each encoding is unpacked, however it is cut", () => {
  test.each([
    ["identity", TEXT],
    ["gzip", gzipSync(TEXT)],
    ["x-gzip", gzipSync(TEXT)],
    ["GZIP", gzipSync(TEXT)],
    ["deflate", deflateSync(TEXT)],
    ["deflate", deflateRawSync(TEXT)],
    ["br", brotliCompressSync(TEXT)],
  ])("%s", async (encoding, packed) => {
    for (const chunkBytes of [1, 333, packed.length]) {
      expect((await readBody(callWith(packed, { "content-encoding": encoding }, chunkBytes), limits())).equals(TEXT)).toBe(true);
    }
  });

  test("zstd", async () => {
    for (const chunkBytes of [1, 10, 1_000]) {
      const body = await readBody(callWith(ZSTD_SAMPLE, { "content-encoding": "zstd" }, chunkBytes), limits());
      expect(body.toString()).toBe(ZSTD_TEXT);
    }
  });

  test("no encoding and no body", async () => {
    expect((await readBody(callWith(Buffer.alloc(0)), limits())).length).toBe(0);
    expect((await readBody(callWith(TEXT), limits())).equals(TEXT)).toBe(true);
  });
});

describe("bodies that are refused", () => {
  const refused = (code: string) => expect.objectContaining({ code }) as Error;

  test("two layers, and encodings that we do not know", async () => {
    for (const encoding of ["gzip, gzip", "gzip, br", "compress", "aws-chunked"]) {
      await expect(readBody(callWith(gzipSync(TEXT), { "content-encoding": encoding }), limits())).rejects.toThrow(
        refused("encoding_unsupported"),
      );
    }
  });

  test.each(["gzip", "deflate", "br", "zstd"])("%s that is something else, cut short, or empty", async (encoding) => {
    const whole = { gzip: gzipSync(TEXT), deflate: deflateSync(TEXT), br: brotliCompressSync(TEXT), zstd: ZSTD_SAMPLE }[encoding]!;
    for (const body of [TEXT, whole.subarray(0, whole.length - 5), Buffer.alloc(0)]) {
      await expect(readBody(callWith(body, { "content-encoding": encoding }), limits())).rejects.toThrow(refused("request_invalid"));
    }
  });

  test("an announced length above the cap, before anything is read", async () => {
    const call = { ...callWith(TEXT, { "content-length": String(65 * MIB) }), body: failing() };
    await expect(readBody(call, limits())).rejects.toThrow(refused("body_too_large"));
  });

  test("more than the cap on the wire, and more than the cap unpacked", async () => {
    await expect(readBody(callWith(TEXT), limits({ compressedBytesMax: 5_000 }))).rejects.toThrow(refused("body_too_large"));
    await expect(readBody(callWith(gzipSync(TEXT), { "content-encoding": "gzip" }), limits({ decodedBytesMax: 5_000 }))).rejects.toThrow(
      refused("body_too_large"),
    );
  });

  test.each([
    ["gzip", gzipSync(Buffer.alloc(20 * MIB))],
    ["deflate", deflateSync(Buffer.alloc(20 * MIB))],
    ["br", brotliCompressSync(Buffer.alloc(20 * MIB))],
    ["zstd", zstdFrame({ blocks: Array.from({ length: 160 }, () => ({ byte: 0, times: 131_072 })) })],
  ])("a %s bomb ends at the ratio, long before it is unpacked", async (encoding, packed) => {
    const budget = new DecodedBudget(4 * MIB);
    await expect(readBody(callWith(packed, { "content-encoding": encoding }, 64), limits({ budget, ratioMax: 50 }))).rejects.toThrow(
      refused("body_too_large"),
    );
    expect(budget.bytesUsed).toBe(0);
  });

  test("a zstd window above 8 MiB, a second frame, and a skippable frame", async () => {
    const frame = zstdFrame({ blocks: [{ byte: 65, times: 3 }] });
    expect((await readBody(callWith(frame, { "content-encoding": "zstd" }), limits())).toString()).toBe("AAA");
    const wide = zstdFrame({ window: 0xf8, blocks: [{ byte: 65, times: 3 }] });
    await expect(readBody(callWith(wide, { "content-encoding": "zstd" }), limits())).rejects.toThrow(refused("encoding_unsupported"));
    const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]), frame]);
    for (const body of [Buffer.concat([frame, frame]), skippable]) {
      await expect(readBody(callWith(body, { "content-encoding": "zstd" }), limits())).rejects.toThrow(refused("request_invalid"));
    }
  });

  test("a connection that closes in the middle", async () => {
    await expect(readBody({ ...callWith(TEXT), body: failing() }, limits())).rejects.toThrow(refused("request_invalid"));
  });
});

describe("the budget of unpacked bytes", () => {
  test("holds what was read until the caller releases it", async () => {
    const budget = new DecodedBudget(2 * TEXT.length);
    const body = await readBody(callWith(gzipSync(TEXT), { "content-encoding": "gzip" }), limits({ budget }));
    expect(budget.bytesUsed).toBe(body.length);
    budget.release(body.length);
    expect(budget.bytesUsed).toBe(0);
  });

  test("refuses for now what does not fit, and gives back what that request took", async () => {
    const budget = new DecodedBudget(TEXT.length + 1_500);
    await readBody(callWith(TEXT), limits({ budget }));
    await expect(readBody(callWith(TEXT), limits({ budget }))).rejects.toThrow(
      expect.objectContaining({ code: "rate_limited", retryAfterS: 2 }) as Error,
    );
    expect(budget.bytesUsed).toBe(TEXT.length);
  });
});

async function* failing(): AsyncGenerator<Uint8Array> {
  yield TEXT.subarray(0, 10);
  throw new Error("aborted");
}

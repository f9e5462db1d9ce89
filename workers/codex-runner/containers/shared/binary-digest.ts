import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

const digests = new Map<string, Promise<string>>();

/** `sha256:…` of a program, worked out once per process for as long as the file stays as it is. */
export async function binaryDigest(file: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(file);
  const key = `${file} ${ino} ${size} ${mtimeMs}`;
  const known = digests.get(key) ?? digestOf(file);
  digests.set(key, known);
  return known;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return `sha256:${hash.digest("hex")}`;
}

import { AppError } from "@/lib/errors/app-error";

export type ImageType = "image/png" | "image/jpeg" | "image/gif" | "image/webp";

const DATA_URL = /^data:image\/(png|jpe?g|gif|webp);base64,/i;
const HEAD_BASE64_LENGTH = 32;

/** Codex replaces an image that it cannot read by a remark, so what is plainly none is refused here. */
export function checkDataImage(url: string, param: string): void {
  const head = DATA_URL.exec(url)?.[0];
  if (head === undefined) throw unreadable(param, "must be a base64 data URL of a PNG, JPEG, GIF or WebP image");
  if (imageTypeOf(Buffer.from(url.slice(head.length, head.length + HEAD_BASE64_LENGTH), "base64")) === null) {
    throw unreadable(param, "is not a PNG, JPEG, GIF or WebP image");
  }
}

/** By its first bytes. */
export function imageTypeOf(bytes: Buffer): ImageType | null {
  if (bytes.subarray(0, 8).equals(Buffer.from("89504e470d0a1a0a", "hex"))) return "image/png";
  if (bytes.subarray(0, 3).equals(Buffer.from("ffd8ff", "hex"))) return "image/jpeg";
  const text = bytes.toString("latin1", 0, 12);
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "image/gif";
  return text.startsWith("RIFF") && text.endsWith("WEBP") ? "image/webp" : null;
}

function unreadable(param: string, what: string): AppError {
  return new AppError("request_invalid", `${param} ${what}.`, { param });
}

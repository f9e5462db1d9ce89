import { AppError } from "@/lib/errors/app-error";
import { checkUpstreamUrl, guardedAgent } from "@/lib/http/guarded-agent";
import { imageTypeOf } from "@/lib/turns/check-data-image";
import type { Dispatcher } from "undici";

/** The image at that address as a data URL; throws `request_invalid`, or whatever `take` throws as its share of bytes is used up. */
export type FetchImage = (url: string, options: ImageOptions) => Promise<string>;

export type ImageOptions = {
  signal: AbortSignal;
  /** Told of bytes before they are kept. */
  take: (bytes: number) => void;
};

/** OpenAI's own bound for one image. */
const IMAGE_BYTES_MAX = 20 * 1024 * 1024;
const IMAGE_TIMEOUT_MS = 15_000;
const USER_AGENT = "Switchyard";

/**
 * Fetches over https from public addresses only, checked when the connection is made; no redirects, no credentials. `allow` holds
 * `host:port` entries that may be private.
 */
export function imageFetcher({ allow }: { allow: readonly string[] }): { fetchImage: FetchImage; close: () => Promise<void> } {
  const agent = guardedAgent({ allow });
  return { fetchImage: (url, options) => fetchImage({ agent, allow }, url, options), close: () => agent.close() };
}

async function fetchImage(
  { agent, allow }: { agent: Dispatcher; allow: readonly string[] },
  address: string,
  { signal, take }: ImageOptions,
): Promise<string> {
  const url = checked(address, allow);
  const shown = `${url.origin}${url.pathname}`.slice(0, 200);
  let image: Buffer;
  try {
    const { statusCode, headers, body } = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: "GET",
      headers: { accept: "image/png, image/jpeg, image/webp, image/gif", "user-agent": USER_AGENT },
      signal: AbortSignal.any([signal, AbortSignal.timeout(IMAGE_TIMEOUT_MS)]),
    });
    // Left before its end, it fails where nobody listens.
    body.on("error", () => undefined);
    if (statusCode !== 200 || Number(headers["content-length"] ?? 0) > IMAGE_BYTES_MAX) {
      body.destroy();
      throw unusable(
        statusCode === 200 ? `The image at ${shown} is above ${IMAGE_BYTES_MAX} bytes.` : `The image at ${shown} answers ${statusCode}.`,
      );
    }
    image = await readAll(body, { shown, take });
  } catch (cause) {
    if (signal.aborted || (cause instanceof AppError && cause.code === "rate_limited")) throw cause;
    if (cause instanceof AppError) throw new AppError("request_invalid", cause.message, { param: "image_url", cause });
    throw unusable(`The image at ${shown} could not be fetched: send it as a data URL.`, cause);
  }
  const type = imageTypeOf(image);
  if (type === null) throw unusable(`What is at ${shown} is not a PNG, JPEG, GIF or WebP image.`);
  return `data:${type};base64,${image.toString("base64")}`;
}

function checked(address: string, allow: readonly string[]): URL {
  try {
    return checkUpstreamUrl(address, allow);
  } catch (cause) {
    throw unusable("An image's URL must begin with https:// and lead to a public address.", cause);
  }
}

async function readAll(body: AsyncIterable<Uint8Array>, { shown, take }: Pick<ImageOptions, "take"> & { shown: string }): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > IMAGE_BYTES_MAX) throw unusable(`The image at ${shown} is above ${IMAGE_BYTES_MAX} bytes.`);
    take(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function unusable(message: string, cause?: unknown): AppError {
  return new AppError("request_invalid", message, { param: "image_url", cause });
}

import { AppError } from "@/lib/errors/app-error";
import { remoteImages, withImages } from "@/lib/turns/turn-item";
import type { ByteBudget, DecodedBudget } from "@/lib/http/decoded-budget";
import type { TurnItem } from "@/lib/turns/turn-item";
import type { FetchImage } from "@/workers/codex-runner/engine/fetch-image";

/** `budget`: image bytes, as they were fetched, that all turns of this process hold at one time. */
export type ImageSource = { fetchImage: FetchImage; budget: DecodedBudget };

const IMAGES_MAX = 20;
/** Of one turn. As base64 less than three quarters of what app-server takes in one message. */
const TURN_BYTES_MAX = 32 * 1024 * 1024;

/**
 * The images by URL of one turn. Their bytes are counted while they are read, and each as often as it stands in the request, for as
 * often it is written out. They are held until the turn is over, so whoever makes this must `release` it then.
 */
export class TurnImages {
  readonly #fetchImage: FetchImage;
  readonly #share: ByteBudget;
  #bytes = 0;

  constructor({ fetchImage, budget }: ImageSource, owner: string) {
    this.#fetchImage = fetchImage;
    this.#share = budget.shareOf(owner);
  }

  /** Throws `request_invalid`; `rate_limited` when too much is held by others or other turns. */
  async inline(items: readonly TurnItem[], signal: AbortSignal): Promise<readonly TurnItem[]> {
    const places = remoteImages(items);
    if (places.size === 0) return items;
    if (places.size > IMAGES_MAX) throw new AppError("request_invalid", `More than ${IMAGES_MAX} images by URL: send them as data URLs.`);
    const dataUrls = new Map<string, string>();
    // One after the other: whatever is too much ends it before the next is asked for.
    for (const [url, count] of places) {
      dataUrls.set(url, await this.#fetchImage(url, { signal, take: (bytes) => this.#take(bytes * count) }));
    }
    return withImages(items, dataUrls);
  }

  release(): void {
    this.#share.release(this.#bytes);
    this.#bytes = 0;
  }

  #take(bytes: number): void {
    if (this.#bytes + bytes > TURN_BYTES_MAX) {
      const message = `The images by URL of this request are together above ${TURN_BYTES_MAX} bytes.`;
      throw new AppError("request_invalid", message, { param: "image_url" });
    }
    this.#share.acquire(bytes);
    this.#bytes += bytes;
  }
}

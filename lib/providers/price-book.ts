import { and, eq, isNull } from "drizzle-orm";
import type { Orm } from "@/db/client";
import { providers } from "@/db/schema/providers";
import type { ProviderRow } from "@/lib/providers/find-provider";
import { listCurrentPrices } from "@/lib/providers/read-prices";
import type { Price } from "@/lib/pricing/price-type";
import type { Clock } from "@/lib/time/clock";

type Loaded = { prices: Price[]; byModel: Map<string, Price>; selected: ProviderRow | null; expiresAtMs: number };

const LIFETIME_MS = 30_000;

/** What is sold, and who answers for wallets: read together, dropped together when either changes. */
export class PriceBook {
  readonly #orm: Orm;
  readonly #clock: Clock;
  #loaded: Loaded | null = null;
  #loading: Promise<Loaded> | null = null;
  #generation = 0;

  constructor(orm: Orm, clock: Clock) {
    this.#orm = orm;
    this.#clock = clock;
  }

  async priceOf(model: string): Promise<Price | null> {
    return (await this.#read()).byModel.get(model) ?? null;
  }

  async sold(): Promise<readonly Price[]> {
    return (await this.#read()).prices;
  }

  /** Null while none is in service: none selected, or the selected one has tripped off. */
  async selectedProvider(): Promise<ProviderRow | null> {
    return (await this.#read()).selected;
  }

  drop(): void {
    this.#generation += 1;
    this.#loaded = null;
    this.#loading = null;
  }

  async #read(): Promise<Loaded> {
    if (this.#loaded && this.#loaded.expiresAtMs > this.#clock.now().getTime()) return this.#loaded;
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Loaded> {
    const generation = this.#generation;
    try {
      const [prices, [selected]] = await Promise.all([
        listCurrentPrices(this.#orm),
        this.#orm
          .select()
          .from(providers)
          .where(and(eq(providers.selected, true), isNull(providers.trippedAt))),
      ]);
      const loaded: Loaded = {
        prices,
        byModel: new Map(prices.map((price) => [price.model, price])),
        selected: selected ?? null,
        expiresAtMs: this.#clock.now().getTime() + LIFETIME_MS,
      };
      if (generation === this.#generation) this.#loaded = loaded;
      return loaded;
    } finally {
      if (generation === this.#generation) this.#loading = null;
    }
  }
}

import type { Dispatcher } from "undici";
import type { GatewayKey, GatewayLane, Upstream } from "@/lib/gateway/ports";
import { guardedAgent } from "@/lib/http/guarded-agent";
import type { CachedKey, LaneRow } from "@/lib/keys/key-cache";
import type { PriceBook } from "@/lib/providers/price-book";
import { readProviderTarget } from "@/lib/providers/read-provider-target";
import type { Runtime } from "@/lib/runtime/runtime";

/** Turns cached rows into what the gateway sends with: keys opened once, connections pooled. */
export class Upstreams {
  readonly #rt: Runtime;
  /** The operator's providers may stand where the operator has allowed it; a customer's lane only in a simulated installation. */
  readonly #operatorAgent: Dispatcher;
  readonly #customerAgent: Dispatcher;
  /** By the sealed bytes: a changed row has other ones. */
  readonly #opened = new WeakMap<object, string>();

  constructor(rt: Runtime, isSimulated: boolean) {
    this.#rt = rt;
    this.#operatorAgent = guardedAgent({ allow: rt.config.upstreamAllow });
    this.#customerAgent = guardedAgent({ allow: isSimulated ? rt.config.upstreamAllow : [] });
  }

  async gatewayKey(found: CachedKey, book: PriceBook, areCodexLanesOn: () => Promise<boolean>): Promise<GatewayKey> {
    const { key } = found;
    const has = (kind: LaneRow["kind"]) => found.lanes.some((lane) => lane.kind === kind);
    const wallet = has("wallet") ? await this.#walletUpstream(book) : null;
    return {
      keyId: key.id,
      userId: key.userId,
      models: key.models,
      defaultModel: key.defaultModel,
      outputTokensMax: key.outputTokensMax,
      spill: { busy: key.spillBusy, lostToWallet: key.spillLostToWallet, cannotToWallet: key.spillCannotToWallet },
      parametersStrict: key.parametersStrict,
      codexLanesOn: has("codex") && (await areCodexLanesOn()),
      lanes: found.lanes.map((lane) => this.#lane(lane, wallet)),
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#operatorAgent.close(), this.#customerAgent.close()]);
  }

  #lane(lane: LaneRow, wallet: Upstream | null): GatewayLane {
    const { id, kind, label, state, stateReason, stateUntil, chatgptAccountId, closedModels } = lane;
    const known = { id, label, state, stateReason, stateUntil };
    if (kind !== "codex") return { ...known, kind, upstream: kind === "wallet" ? wallet : this.#ownUpstream(lane) };
    // The schema knows no Codex lane without its account.
    return { ...known, kind, accountId: chatgptAccountId!, closedModels, upstream: null };
  }

  async #walletUpstream(book: PriceBook): Promise<Upstream | null> {
    const provider = await book.selectedProvider();
    if (!provider) return null;
    let secret = this.#opened.get(provider);
    if (secret === undefined) {
      secret = readProviderTarget(provider, this.#rt.sealer).secret;
      this.#opened.set(provider, secret);
    }
    return {
      baseUrl: provider.baseUrl,
      auth: { style: provider.authStyle, secret },
      apiVersion: provider.apiVersion,
      operatorKey: true,
      providerId: provider.id,
      dispatcher: this.#operatorAgent,
    };
  }

  #ownUpstream(lane: LaneRow): Upstream | null {
    if (lane.baseUrl === null || lane.sealedKey === null || lane.sealKeyId === null) return null;
    let secret = this.#opened.get(lane);
    if (secret === undefined) {
      secret = this.#rt.sealer.open(lane.sealedKey, lane.sealKeyId, lane.id);
      this.#opened.set(lane, secret);
    }
    return {
      baseUrl: lane.baseUrl,
      auth: { style: "bearer", secret },
      apiVersion: null,
      operatorKey: false,
      providerId: null,
      dispatcher: this.#customerAgent,
    };
  }
}

import { AppError } from "@/lib/errors/app-error";
import type { GatewayKey, GatewayPorts } from "@/lib/gateway/ports";
import type { Call, Reply } from "@/lib/http/call";
import { modelReply, modelsReply, type ListedModel, type ModelsReply } from "@/lib/openai/models-reply";

/**
 * `GET /v1/models`: what this key may use and the price book sells, for SDKs and for Codex in one body. Models of the
 * customer's own key are not listed: that list is its owner's to read there.
 */
export async function listModels(call: Call, key: GatewayKey, ports: GatewayPorts): Promise<Reply> {
  const [models, catalogue] = [await sold(key, ports), await ports.codexCatalogue()];
  const reply = modelsReply(models, catalogue);
  if (call.headers["if-none-match"] === reply.etag) return { status: 304, headers: { etag: reply.etag }, body: Buffer.alloc(0) };
  return toReply(reply);
}

export async function showModel(slug: string, key: GatewayKey, ports: GatewayPorts): Promise<Reply> {
  const model = (await sold(key, ports)).find((entry) => entry.slug === slug);
  if (!model)
    throw new AppError("model_not_found", `There is no model "${slug}" for this API key. GET /v1/models lists what it may use.`, {
      param: "model",
    });
  return toReply(modelReply(model.slug, model.created));
}

async function sold(key: GatewayKey, ports: GatewayPorts): Promise<ListedModel[]> {
  const prices = await ports.soldModels();
  return prices
    .filter((price) => key.models === null || key.models.includes(price.model))
    .map((price) => ({ slug: price.model, created: 0 }));
}

function toReply({ body, etag }: ModelsReply): Reply {
  return { status: 200, headers: { "content-type": "application/json", etag, "cache-control": "private, max-age=0" }, body };
}

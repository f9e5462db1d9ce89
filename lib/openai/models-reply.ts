import { createHash } from "node:crypto";

export type ListedModel = { slug: string; /** Unix seconds. */ created: number };

export type ModelsReply = { body: Buffer; etag: string };

/**
 * One body for two readers: SDKs read `object` and `data`, Codex reads `models` (its own catalogue rows). A model
 * without a catalogue row is listed for SDKs only; Codex falls back to its own metadata for it.
 */
export function modelsReply(models: readonly ListedModel[], catalogue: readonly unknown[]): ModelsReply {
  const listed = new Set(models.map((model) => model.slug));
  const rows = catalogue.filter((row) => {
    const slug = typeof row === "object" && row !== null ? (row as Record<string, unknown>)["slug"] : undefined;
    return typeof slug === "string" && listed.has(slug);
  });
  return withEtag({ object: "list", data: models.map(modelObject), models: rows });
}

export function modelReply(slug: string, created = 0): ModelsReply {
  return withEtag(modelObject({ slug, created }));
}

function modelObject(model: ListedModel): object {
  return { id: model.slug, object: "model", created: model.created, owned_by: "system" };
}

function withEtag(value: object): ModelsReply {
  const body = Buffer.from(JSON.stringify(value));
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}

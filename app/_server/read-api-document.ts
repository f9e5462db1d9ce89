import { readDocsValues } from "@/app/(site)/docs/_parts/docs-values";
import { type ApiDocument, apiDocument } from "@/lib/api-spec/api-document";

let made: { by: string; document: ApiDocument } | null = null;

/** Made once for each set of what it depends on: it never changes while the settings and the price book do not. */
export async function readApiDocument(): Promise<ApiDocument> {
  const { target, model } = await readDocsValues();
  const values = { ...target, model };
  const by = JSON.stringify(values);
  if (made?.by !== by) made = { by, document: apiDocument(values) };
  return made.document;
}

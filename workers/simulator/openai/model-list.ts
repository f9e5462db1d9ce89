/** The models that the simulated OpenAI knows. Their real prices and limits live elsewhere; the window is what it refuses above. */
export type SimulatedModel = { id: string; created: number; contextTokensMax: number; reasons: boolean };

export const CODEX_MODELS: readonly string[] = [
  "gpt-6-astra",
  "gpt-6.1-sol",
  "gpt-6.1-terra",
  "gpt-6-sol",
  "gpt-6-luna",
  "gpt-5.6-sol",
  "gpt-5.6-terra",
  "gpt-5.6-luna",
  "gpt-daybreak-blue-latest",
  "gpt-daybreak-red-latest",
  "gpt-5.5",
  "codex-auto-review",
];

const MODELS: readonly SimulatedModel[] = [
  ...CODEX_MODELS.map((id, index) => ({ id, created: 1_790_000_000 + index, contextTokensMax: 400_000, reasons: true })),
  { id: "gpt-4.1", created: 1_744_316_542, contextTokensMax: 1_047_576, reasons: false },
  { id: "gpt-4o", created: 1_715_367_049, contextTokensMax: 128_000, reasons: false },
  { id: "gpt-4o-mini", created: 1_721_172_741, contextTokensMax: 128_000, reasons: false },
  { id: "text-embedding-3-small", created: 1_705_948_997, contextTokensMax: 8_192, reasons: false },
  { id: "text-embedding-3-large", created: 1_705_953_180, contextTokensMax: 8_192, reasons: false },
];

const BY_ID: ReadonlyMap<string, SimulatedModel> = new Map(MODELS.map((model) => [model.id, model]));
const DATED = /-\d{4}-\d{2}-\d{2}$/;

/** Dated names (`gpt-5.5-2026-04-01`) are the model without the date. */
export function findModel(id: string): SimulatedModel | null {
  return BY_ID.get(id) ?? BY_ID.get(id.replace(DATED, "")) ?? null;
}

export function modelRow({ id, created }: SimulatedModel) {
  return { id, object: "model", created, owned_by: "simulator" } as const;
}

export function modelRows() {
  return { object: "list", data: MODELS.map(modelRow) } as const;
}

export type Dict = Readonly<Record<string, unknown>>;

export function asDict(value: unknown): Dict | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Dict) : null;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

import { z } from "zod";
import type { Wire } from "@/lib/openai/request-facts";
import { CODEX_FIELDS } from "@/lib/turns/codex-capabilities";

/** The fields of a request, each with what a Codex lane makes of it, by the table by which requests are routed. */
export function wireFields(wire: Wire, shape: Readonly<Record<string, z.ZodType>>): z.ZodObject {
  return z.looseObject(
    Object.fromEntries(
      Object.entries(shape).map(([name, field]) => {
        const description = [field.meta()?.description, codexWords(wire, name)].filter(Boolean).join(" ");
        return [name, field.meta({ ...field.meta(), description })];
      }),
    ),
  );
}

function codexWords(wire: Wire, name: string): string | null {
  const row = CODEX_FIELDS[wire][name];
  if (!row) return null;
  const harmless = row.harmless ? ` ${row.harmless.map((value) => JSON.stringify(value)).join(" and ")} may stand.` : "";
  switch (row.does) {
    case "can":
      return `On a Codex lane: ${row.note}`;
    case "ignored":
      return `A Codex lane leaves it out: ${row.note}`;
    case "cannot":
      return `Not on a Codex lane. ${row.note}${harmless}`;
  }
}

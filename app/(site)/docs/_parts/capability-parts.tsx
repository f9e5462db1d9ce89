import type { MDXComponents } from "mdx/types";
import { TextWithCode } from "@/app/(site)/docs/_parts/text-with-code";
import type { DocsValues } from "@/app/(site)/docs/_parts/docs-values";
import { DataTable, type Column } from "@/components/ui/data-table";
import type { Price } from "@/lib/pricing/price-type";
import { CODEX_FIELDS, type CapabilityRow } from "@/lib/turns/codex-capabilities";
import { CODEX_ITEMS, CODEX_PARTS, CODEX_TOOLS } from "@/lib/turns/codex-content";

type Said = Pick<CapabilityRow, "does" | "note"> & Partial<Pick<CapabilityRow, "harmless">>;

const TABLES = {
  responses: { caption: "Fields of /v1/responses on a Codex lane", entries: CODEX_FIELDS.responses },
  chat: { caption: "Fields of /v1/chat/completions on a Codex lane", entries: CODEX_FIELDS.chat },
  items: { caption: "Items of input on a Codex lane", entries: CODEX_ITEMS },
  parts: { caption: "Parts of content on a Codex lane", entries: CODEX_PARTS },
  tools: { caption: "Tools on a Codex lane", entries: CODEX_TOOLS },
} as const;

const MODEL_COLUMNS: readonly Column<Price>[] = [
  { name: "Model", cell: ({ model }) => <code>{model}</code> },
  { name: "Longest answer", numeric: true, cell: ({ outputTokensMax }) => `${outputTokensMax.toLocaleString("en")} tokens` },
  { name: "One image at most", numeric: true, cell: ({ imageTokensMax }) => `${imageTokensMax.toLocaleString("en")} tokens` },
];

const CAPABILITY_COLUMNS: readonly Column<[string, Said]>[] = [
  { name: "Name", narrow: { line: 1 }, cell: ([name]) => <code>{name}</code> },
  { name: "Codex lane", narrow: { line: 1, atEnd: true }, cell: ([, { does }]) => does },
  { name: "Meaning", narrow: { line: 2 }, cell: ([, said]) => <TextWithCode text={meaning(said)} /> },
];

/** The tables by which requests are routed, as they are. */
export function capabilityParts({ prices, codexModels }: DocsValues): MDXComponents {
  return {
    Capabilities: ({ of }: { of: keyof typeof TABLES }) => <Capabilities {...TABLES[of]} />,
    WalletModels: () =>
      prices.length > 0 ? (
        <DataTable caption="Models that the wallet sells" rows={prices} rowKey={({ id }) => id} columns={MODEL_COLUMNS} />
      ) : (
        <p>No model is sold over the wallet here at present.</p>
      ),
    CodexModels: () =>
      codexModels.length > 0 ? (
        <ul>
          {codexModels.map((slug) => (
            <li key={slug}>
              <code>{slug}</code>
            </li>
          ))}
        </ul>
      ) : (
        <p>This installation has not fetched the catalogue of the Codex CLI, so its models cannot be listed here.</p>
      ),
  };
}

function Capabilities({ caption, entries }: { caption: string; entries: Readonly<Record<string, Said>> }) {
  return (
    <DataTable
      caption={caption}
      rows={Object.entries(entries).toSorted(([one], [other]) => one.localeCompare(other))}
      rowKey={([name]) => name}
      columns={CAPABILITY_COLUMNS}
    />
  );
}

function meaning({ note, harmless }: Said): string {
  if (!harmless) return note;
  return `${note} Fine where it is ${harmless.map((value) => `\`${JSON.stringify(value)}\``).join(" or ")}.`;
}

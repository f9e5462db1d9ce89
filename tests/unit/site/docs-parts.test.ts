import { createElement, type ComponentType } from "react";
import { describe, expect, test } from "vitest";
import { docsParts } from "@/app/(site)/docs/_parts/docs-parts";
import type { DocsValues } from "@/app/(site)/docs/_parts/docs-values";
import { MARKDOWN } from "@/app/(site)/docs/_parts/markdown-rendering";
import { SNIPPETS } from "@/app/(site)/docs/_parts/snippets";
import { resolvePlain, toMarkdown } from "@/app/(site)/docs/_parts/to-markdown";
import { settingsTable } from "@/lib/config/settings-table";
import { rate } from "@/lib/money/micro-usd";
import { ERROR_TABLE } from "@/lib/openai/error-table";
import type { Rates } from "@/lib/pricing/price-type";
import { CODEX_FIELDS } from "@/lib/turns/codex-capabilities";

const RATES: Rates = {
  input: rate(3_000_000n),
  cachedInput: rate(300_000n),
  cacheWrite: rate(3_000_000n),
  output: rate(20_000_000n),
  webSearchCall: null,
};

const VALUES: DocsValues = {
  target: { brandName: "Yard & <Sons>", providerId: "yard", keyEnvName: "YARD_KEY", publicUrl: "https://yard.example" },
  config: {
    operatorName: null,
    supportEmail: null,
    signUp: "review",
    platformFeeUsd: "49.50",
    codexQueueMax: 7,
    codexQueueS: 11,
    codexIdleStopS: 13,
    spillRequestsPerDay: 17,
    streamDeadlineS: 19,
    requestLogMonths: 0,
    runnerLeaseS: 23,
  },
  model: "model-1",
  prices: [{ id: "price_1", model: "model-1", version: 1, sell: RATES, cost: RATES, outputTokensMax: 1_000, imageTokensMax: 500 }],
  rates: [
    {
      models: ["model-1"],
      inputUsd: "3.000000",
      cachedInputUsd: "0.300000",
      cacheWriteUsd: "3.000000",
      outputUsd: "20.000000",
      webSearchCallUsd: null,
    },
  ],
  codexModels: ["model-1", "model-2"],
};

async function said(name: string, props: object = {}, values: DocsValues = VALUES): Promise<string> {
  const part = docsParts(values, MARKDOWN)[name] as ComponentType<object>;
  return toMarkdown(await resolvePlain(createElement(part, props)));
}

describe("the parts of the documentation", () => {
  test("say what this installation has set", async () => {
    expect(await said("Brand")).toBe("Yard & \\<Sons>\n");
    expect(await said("Fee")).toBe("$49.50\n");
    expect(await said("LogKept")).toBe("without an end\n");
    expect(await said("Value", { of: "codexQueueMax" })).toBe("7\n");
    expect(await said("SignUpRule")).toContain("the operator lets each one in");
    expect(await said("SupportAddress")).toContain("no support address");
    for (const snippet of Object.values(SNIPPETS)) {
      const { code } = snippet(VALUES);
      expect(code).not.toMatch(/codexapi|CODEXAPI|127\.0\.0\.1|Switchyard/);
      expect(code).toMatch(/https:\/\/yard\.example|YARD_KEY/);
    }
  });

  test("compute their examples from the price book", async () => {
    const example = await said("CostExample", { input: 1_000_000, output: 500_001 });
    expect(example).toContain("| Fresh input | 1,000,000 | $3.00 per million | $3.00 |");
    expect(example).toContain("| The request | 1,500,001 |  | $13.00002 |");
    const held = await said("HoldExample", { question: "x", keyOutputTokensMax: 32_000 });
    expect(held).toContain('`{"model":"model-1","input":"x"}` has 31 bytes');
    expect(held).toContain("at most 1,000 tokens of output. Held: $0.020093, of which $0.000093 for the input.");
  });

  test("an installation that sells nothing has no examples and no prices, and the page stands all the same", async () => {
    const nothing = { ...VALUES, prices: [], rates: [], codexModels: [] };
    for (const name of ["CostExample", "HoldExample", "ShortAnswerExample", "RateOf", "WalletModels", "CodexModels"]) {
      const text = await said(name, { question: "x", availableUsd: 1, keyOutputTokensMax: 10, of: "input" }, nothing);
      expect(text, name).not.toContain("$");
      expect(text.length, name).toBeGreaterThan(10);
    }
  });

  test("list every error, every setting and every field that is judged", async () => {
    const errors = await said("ErrorTable");
    for (const code of Object.keys(ERROR_TABLE)) expect(errors).toContain(`| \`${code}\` |`);
    const settings = await said("SettingsTable");
    for (const { name } of Object.values(settingsTable)) expect(settings).toContain(`| \`${name}\` |`);
    const fields = await said("Capabilities", { of: "responses" });
    for (const [name, { does }] of Object.entries(CODEX_FIELDS.responses)) expect(fields).toContain(`| \`${name}\` | ${does} |`);
  });

  test("show the commands of every system and way, and say where there is none", async () => {
    for (const way of ["once", "permanent", "isolated"]) {
      const text = await said("Setup", { way, show: ["steps", "test", "resume", "undo", "byHand"] });
      for (const system of ["Linux, macOS", "PowerShell", "cmd", "WSL"]) expect(text).toContain(`**${system}**`);
    }
    const odd = { ...VALUES, target: { ...VALUES.target, publicUrl: "https://yard.example/a%20b" } };
    expect(await said("Setup", { way: "once" }, odd)).toContain("cannot be written in a line of cmd");
  });
});

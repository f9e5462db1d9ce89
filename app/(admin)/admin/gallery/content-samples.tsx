import { Sample, SampleGroup, LONG_TEXT } from "@/app/(admin)/admin/gallery/sample";
import { Accordion } from "@/components/ui/accordion";
import { Badge, type BadgeTone } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/code-block";
import { DataTable, type Column } from "@/components/ui/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { Facts } from "@/components/ui/facts";
import { InlineCode } from "@/components/ui/inline-code";
import { Kbd } from "@/components/ui/kbd";
import { LocalTime } from "@/components/ui/local-time";
import { Money } from "@/components/ui/money";
import { Stat, StatRow } from "@/components/ui/stat";

const TONES: readonly BadgeTone[] = ["neutral", "good", "warn", "bad"];

type Row = { id: string; model: string; cost: string; tone: BadgeTone; word: string };
const ROWS: Row[] = [
  { id: "req_1", model: "gpt-5.5", cost: "0.004985", tone: "good", word: "completed" },
  { id: "req_2", model: "gpt-5.5-mini", cost: "12.000000", tone: "warn", word: "interrupted" },
  { id: "req_3", model: LONG_TEXT, cost: "0.000000", tone: "bad", word: "refused" },
];
const COLUMNS: Column<Row>[] = [
  { name: "Id", cell: ({ id }) => <InlineCode>{id}</InlineCode> },
  { name: "Model", cell: ({ model }) => <span className="wrap-anywhere">{model}</span> },
  { name: "Cost", numeric: true, cell: ({ cost }) => <Money usd={cost} aligned /> },
  { name: "Outcome", cell: ({ tone, word }) => <Badge tone={tone}>{word}</Badge> },
];

const SHELL = `# Give the shell your key, then start Codex
export CODEXAPI_CODEX_API_KEY='paste-your-key-here'
codex --search -m gpt-5.5 -c model_provider=codexapi -c 'model_providers.codexapi={base_url="https://gateway.example/v1"}'`;
const TOML = `model_provider = "codexapi"

[model_providers.codexapi]
wire_api = "responses" # the only one that Codex speaks
request_max_retries = 4
requires_openai_auth = false`;
const PYTHON = `from openai import OpenAI

client = OpenAI()  # reads OPENAI_BASE_URL
print(client.responses.create(model="gpt-5.5", input="Say hello", max_output_tokens=64).output_text)`;

export function ContentSamples({ theme }: { theme: string }) {
  const table = <DataTable caption={`Samples, ${theme}`} columns={COLUMNS} rows={ROWS} rowKey={({ id }) => id} />;
  return (
    <SampleGroup title="Content">
      <Card title="Figures" note="One line under the title." aside="At the right">
        <StatRow>
          <Stat label="Balance" value={<Money usd="1234.567890" />} note="Lasts about 3 d 4 h at the pace of the last 24 hours." />
          <Stat label="Requests today" value="12,345" trend={{ words: "12 % more than yesterday", tone: "good" }} />
          <Stat label={LONG_TEXT} value="0" trend={{ words: "3 times the errors of yesterday", tone: "bad" }} />
        </StatRow>
      </Card>
      <Card title="Table">{table}</Card>
      <Sample state="The same table where it is 320 px wide">
        <div className="w-80 max-w-full rounded-lg border border-line bg-panel p-4">
          <DataTable caption={`Samples, ${theme}, narrow`} columns={COLUMNS} rows={ROWS} rowKey={({ id }) => id} />
        </div>
      </Sample>
      <Sample state="Badges, keys, code, time, money" row>
        {TONES.map((tone) => (
          <Badge key={tone} tone={tone}>
            {tone}
          </Badge>
        ))}
        <Kbd>Ctrl</Kbd>
        <Kbd>K</Kbd>
        <InlineCode>wire_api</InlineCode>
        <LocalTime iso="2026-11-20T18:40:00Z" />
        <Money usd="-0.25" />
        <Money usd="45.738052" rounded />
      </Sample>
      <Card title="Facts">
        <Facts
          rows={[
            { name: "Lane", value: "Wallet" },
            { name: "Upstream id", value: LONG_TEXT },
          ]}
        />
      </Card>
      <EmptyState title="No keys yet">An empty place says what will stand here and holds the next step.</EmptyState>
      <CodeBlock code={SHELL} lang="bash" title="Linux and macOS, wrapped" copyLabel={`the shell lines, ${theme}`} wrap />
      <CodeBlock code={TOML} lang="toml" title="~/.codex/config.toml" />
      <CodeBlock code={PYTHON} lang="python" title={LONG_TEXT} copyLabel={`the Python lines, ${theme}`} />
      <Accordion
        name={`questions-${theme}`}
        items={[
          {
            id: `${theme}-one`,
            title: "A question that is open",
            content: "Its answer, in two sentences. That was the second.",
            open: true,
          },
          { id: `${theme}-two`, title: "Another question", content: "Another answer." },
        ]}
      />
    </SampleGroup>
  );
}

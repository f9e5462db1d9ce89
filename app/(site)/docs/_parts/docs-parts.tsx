import type { MDXComponents } from "mdx/types";
import type { ReactNode } from "react";
import { capabilityParts } from "@/app/(site)/docs/_parts/capability-parts";
import type { DocsValues } from "@/app/(site)/docs/_parts/docs-values";
import { moneyParts } from "@/app/(site)/docs/_parts/money-parts";
import { setupParts } from "@/app/(site)/docs/_parts/setup-parts";
import { TextWithCode } from "@/app/(site)/docs/_parts/text-with-code";
import { DataTable, type Column } from "@/components/ui/data-table";
import { CONSENT } from "@/lib/codex/consent-text";
import { EGRESS_HOSTS } from "@/lib/codex/egress-hosts";
import { settingsTable, type Setting } from "@/lib/config/settings-table";
import { HELPERS_MAX } from "@/lib/keys/issue-helper";
import { KEYS_MAX } from "@/lib/keys/issue-key";
import { ROTATIONS_PER_DAY_MAX } from "@/lib/keys/rotate-key";
import { LANES_MAX } from "@/lib/lanes/make-room";
import { formatUsd, parseUsd } from "@/lib/money/micro-usd";
import { CODEX_VERSION } from "@/lib/openai/codex-release";
import { ERROR_TABLE, type ErrorFace, type ErrorRow } from "@/lib/openai/error-table";

export type CodeProps = { code: string; lang: string; title?: string };
export type Choice = { id: string; label: string; content: ReactNode };

/** What looks different on the screen and in Markdown. Everything else is plain HTML in both. */
export type Rendering = {
  Code: (props: CodeProps) => ReactNode;
  /** One of several, the same choice on every page that has it. */
  Choices: (props: { label: string; remember: string; choices: readonly Choice[] }) => ReactNode;
  Note: (props: { tone?: "note" | "warn"; title?: string; children: ReactNode }) => ReactNode;
};

type SettingName = Exclude<keyof DocsValues["config"], "operatorName" | "supportEmail" | "signUp" | "platformFeeUsd">;

/** The parts that a page of the documentation may use. */
export function docsParts(values: DocsValues, rendering: Rendering): MDXComponents {
  const { target, config } = values;
  return {
    ...setupParts(values, rendering),
    ...moneyParts(values),
    ...capabilityParts(values),
    Note: rendering.Note,
    Brand: () => target.brandName,
    Operator: () => config.operatorName ?? target.brandName,
    BaseUrl: () => <code>{`${target.publicUrl}/v1`}</code>,
    ProviderId: () => <code>{target.providerId}</code>,
    ProviderTable: () => <code>{`[model_providers.${target.providerId}]`}</code>,
    KeyName: () => <code>{target.keyEnvName}</code>,
    Model: () => <code>{values.model}</code>,
    CodexVersion: () => CODEX_VERSION,
    Value: ({ of }: { of: SettingName }) => String(config[of]),
    Most: ({ of }: { of: keyof typeof MOST }) => String(MOST[of]),
    Fee: () => formatUsd(parseUsd(config.platformFeeUsd)).replace(/\.00$/, ""),
    LogKept: () => (config.requestLogMonths === 0 ? "without an end" : `for ${config.requestLogMonths} whole months`),
    SignUpRule: () => SIGN_UP_RULES[config.signUp],
    SupportAddress: () =>
      config.supportEmail ? (
        <a href={`mailto:${config.supportEmail}`}>{config.supportEmail}</a>
      ) : (
        "the operator, who has set no support address here"
      ),
    Consent: () => (
      <ol>
        {CONSENT.statements.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ol>
    ),
    ConsentVersion: () => CONSENT.version,
    EgressHosts: () => (
      <ul>
        {EGRESS_HOSTS.map((host) => (
          <li key={host}>
            <code>{host}</code>
          </li>
        ))}
      </ul>
    ),
    ErrorTable,
    SettingsTable,
  };
}

/** What one account can have, from where each is enforced. */
const MOST = { lanes: LANES_MAX, keys: KEYS_MAX, helpersOfKey: HELPERS_MAX, rotationsPerDay: ROTATIONS_PER_DAY_MAX };

const SIGN_UP_RULES = {
  open: "Anybody with an e-mail address can make an account here.",
  review: "Anybody with an e-mail address can ask for an account here; the operator lets each one in.",
  closed: "Accounts here are made by the operator: ask for one.",
} as const;

const ERROR_COLUMNS: readonly Column<[string, ErrorRow]>[] = [
  { name: "Error", narrow: { line: 1 }, cell: ([code]) => <code>{code}</code> },
  { name: "When", narrow: { line: 2 }, cell: ([, { when }]) => when },
  { name: "SDKs are sent", narrow: { line: 3, label: "SDKs" }, cell: ([, { sdk }]) => <Face face={sdk} /> },
  { name: "Codex is sent", narrow: { line: 3, label: "Codex" }, cell: ([, { codex }]) => <Face face={codex} /> },
  { name: "Codex asks", narrow: { line: 3, label: "Codex asks" }, cell: ([, { codexRequests }]) => times(codexRequests) },
];

function ErrorTable() {
  return <DataTable caption="Errors of /v1" rows={Object.entries(ERROR_TABLE)} rowKey={([code]) => code} columns={ERROR_COLUMNS} />;
}

function Face({ face: { status, code, retryAfter, final } }: { face: ErrorFace }) {
  return (
    <span>
      {status} {code && <code>{code}</code>}
      {retryAfter && ", retry-after"}
      {final && ", not to be retried"}
    </span>
  );
}

function times(requests: string): string {
  return requests === "1" ? "once" : `${requests} times`;
}

const SETTING_COLUMNS: readonly Column<Setting<unknown>>[] = [
  { name: "Setting", narrow: { line: 1 }, cell: ({ name }) => <code>{name}</code> },
  { name: "Default", narrow: { line: 2, label: "default" }, cell: (setting) => <TextWithCode text={shownDefault(setting)} /> },
  { name: "Meaning", narrow: { line: 3 }, cell: ({ meaning, secret }) => <TextWithCode text={secret ? `${meaning} Secret.` : meaning} /> },
];

function SettingsTable() {
  return <DataTable caption="Settings" rows={Object.values(settingsTable)} rowKey={({ name }) => name} columns={SETTING_COLUMNS} />;
}

function shownDefault({ default: value, defaultShown }: Setting<unknown>): string {
  return defaultShown ?? (value ? `\`${value}\`` : "none");
}

import Link from "next/link";
import { REQUESTS_PATH, requestsHref } from "@/app/(dashboard)/dashboard/requests/query";
import { buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Field } from "@/components/ui/field";
import { SelectField } from "@/components/ui/select-field";
import type { KeyView } from "@/lib/keys/read";
import type { LaneView } from "@/lib/lanes/read";
import {
  countFields,
  LANE_KINDS,
  NO_FILTER,
  OUTCOMES,
  type Range,
  RANGES,
  REQUEST_KINDS,
  type RequestFilter,
} from "@/lib/requests/request-filter";

const RANGE_WORDS: Record<Range, string> = { "1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days", all: "Everything" };
const KIND_WORDS: Record<(typeof LANE_KINDS)[number], string> = {
  codex: "Any ChatGPT account",
  api_key: "Any own key",
  wallet: "Wallet",
  none: "No lane answered",
};

type Props = {
  filter: RequestFilter;
  problems: ReadonlyMap<string, string>;
  /** What there is to choose from. */
  choices: { models: readonly string[]; keys: readonly KeyView[]; lanes: readonly LaneView[] };
};

const ANY = { value: "", label: "Any" };
const asIs = (value: string) => ({ value, label: value.replaceAll("_", " ") });

/** A form that reads: it works without JavaScript, and the address is the filter. */
export function FilterForm({ filter, problems, choices }: Props) {
  const first = (values: readonly string[]) => values[0] ?? "";
  const known = (options: { value: string; label: string }[], chosen: readonly string[]) =>
    chosen.every((value) => options.some((option) => option.value === value)) ? options : [...options, ...chosen.map(asIs)];
  const also = (values: readonly string[]) => (values.length > 1 ? { hint: `and ${values.slice(1).join(", ")}` } : {});
  const isMore = [filter.status, filter.thread, filter.minCost, filter.minMs, filter.stream].some((value) => value !== null);
  const more = isMore || filter.spill || filter.project.length > 0 || filter.client.length > 0 || filter.laneKind.length > 0;
  return (
    <form action={REQUESTS_PATH} className="grid gap-3">
      <nav aria-label="Range" className="flex flex-wrap gap-1">
        {RANGES.map((range) => {
          const isCurrent = filter.range === range && filter.from === null && filter.to === null;
          return (
            <Link
              key={range}
              href={requestsHref({ ...filter, range, from: null, to: null })}
              aria-current={isCurrent ? "true" : undefined}
              className={cn(buttonClass("quiet"), "px-3", isCurrent && "bg-accent-soft text-accent hover:bg-accent-soft")}
            >
              {RANGE_WORDS[range]}
            </Link>
          );
        })}
        {(filter.from !== null || filter.to !== null) && (
          <span className={cn(buttonClass("quiet"), "bg-accent-soft px-3 text-accent")}>a stretch of your own</span>
        )}
      </nav>
      {filter.from === null && filter.to === null && <input type="hidden" name="range" value={filter.range} />}
      {filter.from !== null && <input type="hidden" name="from" value={filter.from} />}
      {filter.to !== null && <input type="hidden" name="to" value={filter.to} />}
      {/* A select shows one value; an address may name more. */}
      {(["model", "key", "lane", "laneKind", "outcome", "client", "kind", "project"] as const).flatMap((name) =>
        filter[name].slice(1).map((value) => <input key={`${name} ${value}`} type="hidden" name={name} value={value} />),
      )}
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-5">
        <SelectField
          name="model"
          {...also(filter.model)}
          label="Model"
          defaultValue={first(filter.model)}
          options={known([ANY, ...choices.models.map(asIs)], filter.model)}
          error={problems.get("model")}
        />
        <SelectField
          name="key"
          {...also(filter.key)}
          label="Key"
          defaultValue={first(filter.key)}
          options={known([ANY, ...choices.keys.map(({ id, name }) => ({ value: id, label: name }))], filter.key)}
          error={problems.get("key")}
        />
        <SelectField
          name="lane"
          {...also(filter.lane)}
          label="Lane"
          defaultValue={first(filter.lane)}
          options={known([ANY, ...choices.lanes.map(({ id, label }) => ({ value: id, label }))], filter.lane)}
          error={problems.get("lane")}
        />
        <SelectField
          name="outcome"
          {...also(filter.outcome)}
          label="Outcome"
          defaultValue={first(filter.outcome)}
          options={[ANY, ...OUTCOMES.map(asIs)]}
          error={problems.get("outcome")}
        />
        <SelectField
          name="kind"
          {...also(filter.kind)}
          label="What for"
          defaultValue={first(filter.kind)}
          options={[ANY, ...REQUEST_KINDS.map(asIs)]}
          error={problems.get("kind")}
        />
      </div>
      <details open={more || [...problems.keys()].length > 0} className="group">
        <summary className="inline-flex min-h-target cursor-pointer items-center text-sm text-muted underline underline-offset-2 hover:text-ink">
          More conditions
        </summary>
        <div className="mt-2 grid grid-cols-2 gap-3 lg:grid-cols-5">
          <SelectField
            name="laneKind"
            {...also(filter.laneKind)}
            label="Kind of lane"
            defaultValue={first(filter.laneKind)}
            options={[ANY, ...LANE_KINDS.map((value) => ({ value, label: KIND_WORDS[value] }))]}
            error={problems.get("laneKind")}
          />
          <Field name="status" label="Status" placeholder="429 or 5xx" defaultValue={filter.status ?? ""} error={problems.get("status")} />
          <SelectField
            name="client"
            {...also(filter.client)}
            label="Client"
            defaultValue={first(filter.client)}
            options={known([ANY, { value: "codex", label: "Codex" }, { value: "sdk", label: "Any other" }], filter.client)}
            error={problems.get("client")}
          />
          <SelectField
            name="stream"
            label="Streamed"
            defaultValue={filter.stream === null ? "" : String(filter.stream)}
            options={[ANY, { value: "true", label: "Yes" }, { value: "false", label: "No" }]}
            error={problems.get("stream")}
          />
          <SelectField
            name="spill"
            label="Taken over"
            defaultValue={filter.spill ? "true" : ""}
            options={[ANY, { value: "true", label: "Only these" }]}
            error={problems.get("spill")}
          />
          <Field
            name="minCost"
            label="Cost at least, USD"
            inputMode="decimal"
            placeholder="0.05"
            defaultValue={filter.minCost ?? ""}
            error={problems.get("minCost")}
          />
          <Field
            name="minMs"
            label="Took at least, ms"
            inputMode="numeric"
            placeholder="5000"
            defaultValue={filter.minMs ?? ""}
            error={problems.get("minMs")}
          />
          <Field name="thread" label="Session" defaultValue={filter.thread ?? ""} error={problems.get("thread")} />
          <Field name="project" label="Project" defaultValue={first(filter.project)} error={problems.get("project")} />
        </div>
      </details>
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-0 flex-1 basis-60">
          <Field
            name="id"
            label="Request id"
            placeholder="req_…"
            defaultValue={filter.id ?? ""}
            error={problems.get("id")}
            spellCheck={false}
            autoComplete="off"
          />
        </div>
        <button type="submit" className={buttonClass("primary")}>
          Show
        </button>
        {countFields(filter) > 0 && (
          <Link
            href={requestsHref({ ...NO_FILTER, range: filter.range, from: filter.from, to: filter.to })}
            className={buttonClass("quiet")}
          >
            Clear
          </Link>
        )}
      </div>
    </form>
  );
}

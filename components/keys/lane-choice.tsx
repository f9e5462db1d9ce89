import { CheckField } from "@/components/ui/check-field";
import { RadioCards } from "@/components/ui/radio-cards";

export type LaneOption = { id: string; label: string; kind: "codex" | "api_key" | "wallet" };

const KINDS = { codex: "ChatGPT account", api_key: "your own API key", wallet: "wallet" };

type Props = {
  lanes: readonly LaneOption[];
  /** What the key has, null for every lane; or what was ticked before a refusal. */
  chosen: readonly string[] | null;
  error?: string | undefined;
};

/** Which lanes a key may use. The boxes count only with "only these", and are shown only then where CSS can tell. */
export function LaneChoice({ lanes, chosen, error }: Props) {
  return (
    <div className="group/lanes grid gap-2">
      <RadioCards
        name="lanes"
        legend="Lanes"
        columns={2}
        defaultValue={chosen === null ? "all" : "some"}
        error={error}
        options={[
          { value: "all", label: "Every lane", note: "In your order, and also lanes that you add later." },
          { value: "some", label: "Only these", note: "Nothing else is ever used or charged." },
        ]}
      />
      <fieldset className="rounded-md border border-line px-3 group-has-[input[value=all]:checked]/lanes:hidden">
        <legend className="sr-only">Lanes that the key may use</legend>
        {lanes.map(({ id, label, kind }) => (
          // A lane's id begins with "lane_", which is what tells these boxes from other fields.
          <CheckField key={id} name={id} defaultChecked={chosen === null || chosen.includes(id)}>
            <span className="wrap-anywhere">{label}</span> <span className="text-muted">· {KINDS[kind]}</span>
          </CheckField>
        ))}
      </fieldset>
    </div>
  );
}

/** What is ticked, from the fields of the form: null for every lane. */
export function chosenLanes(typed: Readonly<Record<string, unknown>>, lanes: readonly LaneOption[]): string[] | null {
  if (typed["lanes"] !== "some") return null;
  return lanes.map(({ id }) => id).filter((id) => typed[id] === "on");
}

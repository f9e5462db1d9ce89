import { EGRESS_HOSTS } from "@/lib/codex/egress-hosts";
import type { DatabaseMode } from "@/lib/settings/database-mode";
import { OperatorError } from "@/workers/shared/operator-error";
import type { EgressTarget } from "@/workers/egress-proxy/egress-gate";

const PORT = 443;

/**
 * OpenAI's names, exactly as they stand in CONNECT, and where each leads. `map` holds `name=host:port` entries, which only a
 * simulated installation may have: there they lead to the simulator, and nothing leads to OpenAI.
 */
export function egressTargets(map: readonly string[], mode: DatabaseMode): Map<string, EgressTarget> {
  if (map.length > 0 && mode === "live") {
    throw new OperatorError("EGRESS_MAP is for a simulated installation, and this one is live. Unset it.");
  }
  const mapped = new Map(map.map(readEntry));
  const unknown = [...mapped.keys()].filter((name) => !EGRESS_HOSTS.includes(name));
  if (unknown.length > 0) {
    throw new OperatorError(`EGRESS_MAP names ${unknown.join(", ")}: it can only lead ${EGRESS_HOSTS.join(", ")} elsewhere.`);
  }
  const targets = EGRESS_HOSTS.flatMap((name): [string, EgressTarget][] => {
    const target = mapped.get(name) ?? (mode === "live" ? { host: name, port: PORT, guarded: true } : null);
    return target === null ? [] : [[`${name}:${PORT}`, target]];
  });
  return new Map(targets);
}

function readEntry(entry: string): [string, EgressTarget] {
  const [name = "", address = ""] = entry.split("=");
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return [name, { host, port: Number(address.slice(colon + 1)), guarded: false }];
}

import type { JsonObject } from "@/workers/simulator/openai/read-prompt";

type Stored = { owner: string; response: JsonObject; history: JsonObject[]; state: "finished" | "queued" };

const STORED_MAX = 1_000;

/** Responses kept with `store: true`, per API key: another key's id does not exist. The oldest goes when there are too many. */
export class StoredResponses {
  private readonly byId = new Map<string, Stored>();

  keep({ owner, response, history }: { owner: string; response: JsonObject; history: JsonObject[] }): void {
    this.byId.set(String(response.id), { owner, response, history, state: "finished" });
    if (this.byId.size > STORED_MAX) this.byId.delete(this.byId.keys().next().value as string);
  }

  /** A background response is answered as queued; the next look at it finds it finished. */
  queue(response: JsonObject): JsonObject {
    const stored = this.byId.get(String(response.id));
    if (stored) stored.state = "queued";
    return unfinished(response, "queued");
  }

  find(id: string, owner: string): Stored | undefined {
    const stored = this.byId.get(id);
    return stored?.owner === owner ? stored : undefined;
  }

  read(id: string, owner: string): JsonObject | null {
    const stored = this.find(id, owner);
    if (stored === undefined) return null;
    stored.state = "finished";
    return stored.response;
  }

  /** Everything that went before the response's own output. */
  readInput(id: string, owner: string): JsonObject[] | null {
    const stored = this.find(id, owner);
    if (stored === undefined) return null;
    const { output } = stored.response;
    return stored.history.slice(0, stored.history.length - (Array.isArray(output) ? output.length : 0));
  }

  delete(id: string, owner: string): boolean {
    return this.find(id, owner) !== undefined && this.byId.delete(id);
  }

  /** Only a background response that has not finished can be cancelled. */
  cancel(id: string, owner: string): JsonObject | "not_found" | "not_cancellable" {
    const stored = this.find(id, owner);
    if (stored === undefined) return "not_found";
    if (stored.state === "finished") return stored.response.background === true ? stored.response : "not_cancellable";
    stored.state = "finished";
    stored.response = unfinished(stored.response, "cancelled");
    return stored.response;
  }
}

function unfinished(response: JsonObject, status: "queued" | "cancelled"): JsonObject {
  return { ...response, status, completed_at: null, output: [], usage: null };
}

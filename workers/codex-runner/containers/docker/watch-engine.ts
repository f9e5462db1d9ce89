import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { ContainerChange } from "@/workers/codex-runner/containers/container-driver";
import { LABELS } from "@/workers/codex-runner/containers/docker/container-spec";
import { inspectContainer } from "@/workers/codex-runner/containers/docker/stop-container";
import type { Engine } from "@/workers/codex-runner/containers/docker/engine";

type Watch = {
  engine: Engine;
  installation: string;
  onChange: (change: ContainerChange) => void;
  /** The engine went away or came back. Its containers live on without it. */
  onEngine: (isThere: boolean) => void;
  signal: AbortSignal;
};

type EngineEvent = { Action?: string; Actor?: { ID?: string; Attributes?: Record<string, string> } };

const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 5_000;
/** An engine whose machine lost its power does not say so. */
const KEEP_ALIVE_MS = 15_000;
const LINE_BYTES_MAX = 256 * 1024;

/**
 * Follows the events of one engine until it is told to end. What happened while the engine was away has no events: after every
 * new connection the containers are counted again, and the difference is told.
 */
export async function watchEngine(watch: Watch): Promise<void> {
  const running = new Map<string, string>();
  let retryMs = RETRY_MS_MIN;
  while (!watch.signal.aborted) {
    try {
      await followEvents(watch, running, () => {
        retryMs = RETRY_MS_MIN;
        watch.onEngine(true);
      });
    } catch {
      // Told by `onEngine`; the next call to the engine says what is wrong with it.
    }
    if (watch.signal.aborted) return;
    watch.onEngine(false);
    await delay(retryMs, undefined, { signal: watch.signal }).catch(() => undefined);
    retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
  }
}

async function followEvents(watch: Watch, running: Map<string, string>, onOpen: () => void): Promise<void> {
  const { engine, installation, signal } = watch;
  const label = [`${LABELS.installation}=${installation}`];
  const events = (await engine.streams.getEvents({
    filters: { type: ["container"], event: ["start", "die", "destroy"], label },
    abortSignal: signal,
  } as Parameters<typeof engine.streams.getEvents>[0])) as IncomingMessage;
  events.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  try {
    await recount(watch, running);
    onOpen();
    let text = "";
    for await (const chunk of events) {
      text += String(chunk);
      if (text.length > LINE_BYTES_MAX) throw new Error("an event of the Docker engine has no end");
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line.trim() !== "") await tellEvent(watch, running, JSON.parse(line) as EngineEvent);
      }
    }
  } finally {
    events.destroy();
  }
}

async function tellEvent(watch: Watch, running: Map<string, string>, event: EngineEvent): Promise<void> {
  const accountId = event.Actor?.Attributes?.[LABELS.account];
  const id = event.Actor?.ID;
  if (accountId === undefined || id === undefined) return;
  if (event.Action === "start") {
    running.set(accountId, id);
    watch.onChange({ accountId, state: "running", code: null, oom: false });
  } else if (running.get(accountId) === id) {
    // `destroy` comes after `die`, so only a container that was taken away alive gets here by it.
    running.delete(accountId);
    await tellEnd(watch, { accountId, id, code: event.Actor?.Attributes?.exitCode });
  }
}

async function recount(watch: Watch, running: Map<string, string>): Promise<void> {
  const label = [`${LABELS.installation}=${watch.installation}`];
  const listed = await watch.engine.calls.listContainers({ filters: { label, status: ["running"] } });
  const found = new Map(listed.map((box) => [box.Labels[LABELS.account] ?? "", box.Id]));
  for (const [accountId, id] of running) {
    if (found.get(accountId) === id) continue;
    running.delete(accountId);
    await tellEnd(watch, { accountId, id });
  }
  for (const [accountId, id] of found) {
    if (running.has(accountId)) continue;
    running.set(accountId, id);
    watch.onChange({ accountId, state: "running", code: null, oom: false });
  }
}

async function tellEnd(watch: Watch, end: { accountId: string; id: string; code?: string }): Promise<void> {
  const { accountId } = end;
  const box = await inspectContainer(watch.engine, end.id);
  if (box === null) watch.onChange({ accountId, state: "lost", code: null, oom: false });
  // It may have been started again already, so the event knows the code better.
  else watch.onChange({ accountId, state: "exited", code: Number(end.code ?? box.State.ExitCode), oom: box.State.OOMKilled });
}

import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import type { ReportedLimits } from "@/lib/turns/reported-limits";
import type { AppServer } from "@/workers/codex-runner/app-server/app-server";
import type { Notification } from "@/workers/codex-runner/app-server/app-server-protocol";
import { ConnectionLost } from "@/workers/codex-runner/app-server/connection-lost";
import type {
  AccountContainer,
  ContainerChange,
  ContainerDriver,
  ContainerRef,
  ContainerStatus,
} from "@/workers/codex-runner/containers/container-driver";
import type { TurnRun, TurnStep } from "@/workers/codex-runner/engine/turn-engine";
import type { TurnEngine } from "@/workers/codex-runner/runner-deps";

/** `userId` null: OpenAI leaves it out. */
export type Person = { accountId: string; userId: string | null; email: string; plan: string };

type Box = {
  instance: string;
  running: boolean;
  person: Person | null;
  servers: Set<ScriptedServer>;
  starts: number;
  /** Size of the home. */
  bytes: number;
  /** Of the CLI that runs, or ran last. */
  codexVersion: string;
};

/**
 * Containers that the test writes: what a machine holds, whoever drives it. Outlives its runners, so a second one finds what the first
 * left. For what runners do with leases and lines; the real binary has tests of its own.
 */
export class ScriptedMachine {
  readonly boxes = new Map<string, Box>();
  /** Thrown by the next starts. */
  startFails: Error | null = null;
  /** What the next turns do, in order; then `fallback`. */
  readonly scripts: ((run: TurnRun) => AsyncIterable<TurnStep>)[] = [];
  fallback: (run: TurnRun) => AsyncIterable<TurnStep> = sayHello;
  limits: ReportedLimits = openLimits();
  loginsStarted = 0;
  /** Who is signed in to a home that is made now. */
  signInOnStart: Person | null = null;
  /** Waited for before the machine does what it is asked; what it throws is the answer. */
  before: {
    ensure?: () => Promise<void>;
    stop?: () => Promise<void>;
    measure?: () => Promise<void>;
    request?: (method: string) => Promise<void>;
  } = {};
  readonly #watchers = new Set<(change: ContainerChange) => void>();

  driver(host: string): ContainerDriver {
    return {
      kind: "bubblewrap",
      probe: () => Promise.reject(new Error("nothing to probe")),
      ensure: async (container) => {
        await this.before.ensure?.();
        return this.#ensure(container, host);
      },
      connect: (ref) => Promise.resolve(Object.assign(new PassThrough(), { box: this.#box(ref.accountId) })),
      stop: async (ref) => {
        await this.before.stop?.();
        this.kill(ref.accountId);
      },
      destroy: (ref) => {
        this.kill(ref.accountId);
        this.boxes.delete(ref.accountId);
        return Promise.resolve();
      },
      list: () => Promise.resolve([...this.boxes].map(([accountId, box]) => statusOf(accountId, box, host))),
      watch: (onChange) => {
        this.#watchers.add(onChange);
        return () => this.#watchers.delete(onChange);
      },
      measureHome: async (ref) => {
        await this.before.measure?.();
        return this.#box(ref.accountId).bytes;
      },
      close: () => Promise.resolve(),
    };
  }

  engine(): TurnEngine {
    return {
      setup: () => Promise.resolve({ args: [], files: [], env: {} }),
      open: (stream) => {
        const { box } = stream as unknown as { box: Box };
        const server = new ScriptedServer(this, box);
        box.servers.add(server);
        return Promise.resolve(server);
      },
      runTurn: (run) => (this.scripts.shift() ?? this.fallback)(run),
      execTurn: () => {
        throw new Error("scripted containers run no commands");
      },
    };
  }

  /** The process is gone at once, and every connection to it. */
  kill(accountId: string, change: Partial<ContainerChange> = {}): void {
    const box = this.boxes.get(accountId);
    if (!box?.running) return;
    box.running = false;
    for (const server of box.servers) server.lose();
    for (const watcher of this.#watchers) watcher({ accountId, state: "exited", code: 137, oom: false, ...change });
  }

  /** Only the way to it breaks. */
  disconnect(accountId: string): void {
    for (const server of this.#box(accountId).servers) server.lose();
  }

  signedInAs(accountId: string, person: Person | null): void {
    this.#box(accountId).person = person;
  }

  /** The owner types the code at OpenAI. */
  decide(accountId: string, decision: Person | "denied"): void {
    const box = this.#box(accountId);
    if (decision !== "denied") box.person = decision;
    for (const server of box.servers) server.endLogin(decision === "denied" ? "access denied" : null);
  }

  newBox(): Box {
    return { instance: "", running: false, person: this.signInOnStart, servers: new Set(), starts: 0, bytes: 1_000, codexVersion: "" };
  }

  #box(accountId: string): Box {
    const box = this.boxes.get(accountId);
    if (!box) throw new Error(`no container of ${accountId}`);
    return box;
  }

  #ensure(container: AccountContainer, host: string): Promise<ContainerRef> {
    if (this.startFails) return Promise.reject(this.startFails);
    const found = this.boxes.get(container.accountId);
    const box = found ?? this.newBox();
    const resumed = box.running;
    const { codexVersion } = container;
    if (!resumed) Object.assign(box, { instance: randomUUID(), running: true, starts: box.starts + 1, codexVersion });
    this.boxes.set(container.accountId, box);
    return Promise.resolve({ ...statusOf(container.accountId, box, host).ref, resumed });
  }
}

class ScriptedServer implements AppServer {
  readonly closed: Promise<Error | null>;
  #end: (error: Error | null) => void = () => undefined;
  #ended = false;
  #loginId: string | null = null;
  readonly #listeners = new Set<(notification: Notification) => void>();

  constructor(
    private readonly machine: ScriptedMachine,
    private readonly box: Box,
  ) {
    this.closed = new Promise((resolve) => (this.#end = resolve));
  }

  request: AppServer["request"] = (method) => this.#whenLet(method).then((answer) => answer as never);

  async #whenLet(method: string): Promise<unknown> {
    await this.machine.before.request?.(method);
    if (this.#ended) throw new ConnectionLost("gone");
    return this.#answer(method);
  }

  subscribe: AppServer["subscribe"] = (_threadId, listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  whenClosed: AppServer["whenClosed"] = (listener) => {
    void this.closed.then((error) => listener(error instanceof ConnectionLost ? error : new ConnectionLost("closed")));
    return () => undefined;
  };

  close(): void {
    this.#finish(null);
  }

  lose(): void {
    this.#finish(new ConnectionLost("the container died"));
  }

  endLogin(error: string | null): void {
    const params = { loginId: this.#loginId, success: error === null, error };
    for (const listener of this.#listeners) listener({ method: "account/login/completed", params });
  }

  #finish(error: Error | null): void {
    this.#ended = true;
    this.box.servers.delete(this);
    this.#end(error);
  }

  #answer(method: string): unknown {
    const { person } = this.box;
    switch (method) {
      case "account/read":
        return {
          account: person && { type: "chatgpt", email: person.email, planType: person.plan },
          userId: person?.userId ?? null,
          workspaceRouting: person && { chatgptAccountId: person.accountId },
        };
      case "account/login/start":
        this.machine.loginsStarted += 1;
        this.#loginId = randomUUID();
        return {
          type: "chatgptDeviceCode",
          loginId: this.#loginId,
          verificationUrl: "https://auth.openai.com/codex/device",
          userCode: "ABCD-EFGH",
        };
      case "account/logout":
        this.box.person = null;
        return {};
      case "account/rateLimits/read":
        return rateLimitsRead(this.machine.limits, person);
      default:
        return {};
    }
  }
}

export function somebody(name: string): Person {
  return { accountId: `acct-${name}`, userId: `user-${name}`, email: `${name}@example.com`, plan: "plus" };
}

export function openLimits(usedPercent = 10, resetsAt = new Date(Date.now() + 3_600_000)): ReportedLimits {
  const window = { limitId: "codex", limitName: null, windowMinutes: 300, usedPercent, resetsAt };
  return { allowed: usedPercent < 100, planType: "plus", openaiAccountId: null, windows: [window], credits: null };
}

export const ANSWER_TEXT = '{"object":"response"}';

export async function* sayHello(): AsyncGenerator<TurnStep> {
  yield { kind: "answer", contentType: "application/json" };
  yield { kind: "bytes", bytes: Buffer.from(ANSWER_TEXT) };
}

function statusOf(accountId: string, box: Box, host: string): ContainerStatus {
  const ref = { accountId, driver: "bubblewrap" as const, host, name: accountId, instance: box.instance, imageDigest: null };
  return { accountId, state: box.running ? "running" : "stopped", ref: { ...ref, binaryDigest: "sha256:scripted", resumed: true } };
}

function rateLimitsRead({ allowed, planType, windows }: ReportedLimits, person: Person | null): unknown {
  const [window] = windows;
  const primary = window && {
    usedPercent: window.usedPercent,
    windowDurationMins: window.windowMinutes,
    resetsAt: window.resetsAt && Math.floor(window.resetsAt.getTime() / 1000),
  };
  const snapshot = { limitId: "codex", limitName: null, primary: primary ?? null, secondary: null, credits: null, planType };
  return {
    ordinaryUsageAllowed: allowed,
    rateLimits: snapshot,
    rateLimitsByLimitId: { codex: snapshot },
    accountId: person?.accountId ?? null,
  };
}

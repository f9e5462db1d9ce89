import { describe, expect, test } from "vitest";
import type { AccountStanding } from "@/lib/codex/read-standings";
import type { ContainerStatus } from "@/workers/codex-runner/containers/container-driver";
import { judgeSituation, type Reconciliation } from "@/workers/codex-runner/reconcile";

const RUNNER = "run_ours";
const HOST = "here";
const RESET = new Date("2026-11-21T12:00:00Z");

const known = (change: Partial<AccountStanding> = {}): AccountStanding => ({
  accountId: "acct_1",
  state: "signed_in",
  host: HOST,
  containerState: "running",
  leasedBy: null,
  laneUntil: null,
  signInWaiting: false,
  signInAsked: false,
  ...change,
});
const running = { accountId: "acct_1", state: "running" } as ContainerStatus;
const stopped = { accountId: "acct_1", state: "stopped" } as ContainerStatus;

const cases: { what: string; standing: AccountStanding | null; container: ContainerStatus | null; becomes: Reconciliation }[] = [
  { what: "running, of an account that nobody knows", standing: null, container: running, becomes: "stop" },
  {
    what: "stopped, of an account that nobody knows: its home may be another database's",
    standing: null,
    container: stopped,
    becomes: "keep",
  },
  { what: "of a removed account", standing: known({ state: "removed", host: HOST }), container: stopped, becomes: "destroy" },
  { what: "running, of an account whose home is elsewhere", standing: known({ host: "there" }), container: running, becomes: "stop" },
  { what: "running, driven by another runner", standing: known({ leasedBy: "run_other" }), container: running, becomes: "keep" },
  { what: "running, driven by us", standing: known({ leasedBy: RUNNER }), container: running, becomes: "keep" },
  { what: "running, free", standing: known(), container: running, becomes: "adopt" },
  { what: "stopped, free", standing: known({ containerState: "stopped" }), container: stopped, becomes: "keep" },
  {
    what: "stopped, free, with a closed window",
    standing: known({ containerState: "stopped", laneUntil: RESET }),
    container: stopped,
    becomes: "adopt",
  },
  {
    what: "stopped, signed out, with a home that may still be signed in",
    standing: known({ state: "signed_out", containerState: "stopped", laneUntil: RESET }),
    container: stopped,
    becomes: "clear_out",
  },
  {
    what: "running, of an account whose sign-in came to nothing, driven by us",
    standing: known({ state: "new", leasedBy: RUNNER }),
    container: running,
    becomes: "clear_out",
  },
  {
    what: "signed out, driven by another runner",
    standing: known({ state: "signed_out", containerState: "stopped", leasedBy: "run_other" }),
    container: stopped,
    becomes: "keep",
  },
  {
    what: "signed out, whose home is gone",
    standing: known({ state: "signed_out", containerState: "none" }),
    container: null,
    becomes: "keep",
  },
  {
    what: "running, signed out, of a machine that came back after its homes were given up for lost",
    standing: known({ state: "signed_out", host: null, containerState: "none" }),
    container: running,
    becomes: "clear_out",
  },
  {
    what: "running, of a forgotten home whose owner signs in on this machine under another runner",
    standing: known({ state: "new", host: null, containerState: "none", leasedBy: "run_other" }),
    container: running,
    becomes: "keep",
  },
  { what: "not there, though the row says that it runs", standing: known(), container: null, becomes: "gone" },
  {
    what: "not there, with an owner who types a code",
    standing: known({ state: "signing_in", signInWaiting: true }),
    container: null,
    becomes: "adopt",
  },
  {
    what: "not there, with an owner who asked to sign in while nobody was up",
    standing: known({ state: "signing_in", host: null, containerState: "none", signInAsked: true }),
    container: null,
    becomes: "sign_in",
  },
  {
    what: "not there, with an owner whom another runner is signing in",
    standing: known({ state: "signing_in", signInAsked: true, leasedBy: "run_other" }),
    container: null,
    becomes: "keep",
  },
  { what: "running, of an account that is to be removed", standing: known({ state: "removing" }), container: running, becomes: "remove" },
  {
    what: "not there, of an account that is to be removed and never had a home",
    standing: known({ state: "removing", host: null, containerState: "none" }),
    container: null,
    becomes: "remove",
  },
  {
    what: "of an account that another runner is removing",
    standing: known({ state: "removing", leasedBy: "run_other" }),
    container: running,
    becomes: "keep",
  },
];

describe("what becomes of a container", () => {
  test.each(cases)("$what: $becomes", ({ standing, container, becomes }) => {
    expect(judgeSituation({ standing, container, host: HOST, runnerId: RUNNER })).toBe(becomes);
  });
});

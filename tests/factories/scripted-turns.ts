import { gate } from "@/tests/factories/gate";
import { sayHello } from "@/tests/factories/scripted-containers";
import type { DeclinedStep, TurnRun, TurnStep } from "@/workers/codex-runner/engine/turn-engine";

/** As the engine says it when OpenAI has ended the sign-in. */
export const SIGN_IN_ENDED: DeclinedStep = {
  kind: "declined",
  class: "lost",
  reason: "signed_out",
  message: "Please log out and sign in again.",
  until: null,
  closes: null,
  signedOut: true,
  param: null,
};

/** A turn that waits in the middle until the test lets it go on. */
export function gatedTurn() {
  const { pass, begun, open } = gate();
  const passOrEnd = (run: TurnRun) => Promise.race([pass(), aborted(run.signal)]);
  async function* script(run: TurnRun): AsyncGenerator<TurnStep> {
    await passOrEnd(run);
    if (run.signal.aborted) return;
    // Fails when its container was taken away meanwhile.
    await run.server.request("account/read", { refreshToken: false });
    yield* sayHello();
  }
  return { script, pass: passOrEnd, begun, open };
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

import { ContainerError } from "@/workers/codex-runner/containers/container-driver";
import { unlessStatus } from "@/workers/codex-runner/containers/shared/unless-status";

const MESSAGE_LENGTH_MAX = 500;

/** What the cluster refused, or that it did not answer, in the words of the driver. */
export function asContainerError(server: string, error: unknown): ContainerError {
  if (error instanceof ContainerError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const status = statusOf(error);
  const text = messageOf(error).slice(0, MESSAGE_LENGTH_MAX);
  if (status === null && codeOf(error) === null) return new ContainerError("failed", `Kubernetes: ${text}`, { cause });
  if (status === null || status >= 500) {
    const why = codeOf(error) ?? `${status}: ${text}`;
    return new ContainerError("unreachable", `The Kubernetes API at ${server} does not answer (${why}).`, { cause });
  }
  if (status === 403 && /exceeded quota/i.test(text)) {
    return new ContainerError("no_space", `The namespace's quota is used up: ${text}`, { cause });
  }
  if (status === 401 || status === 403) {
    return new ContainerError("driver_missing", `The cluster does not let the runner do its work: ${text}`, { cause });
  }
  return new ContainerError("failed", `Kubernetes: ${text}`, { cause });
}

/** The status of the API's answer; null when there was none. */
export function statusOf(error: unknown): number | null {
  const status = (error as { code?: unknown } | null)?.code;
  return typeof status === "number" ? status : null;
}

export const unless = unlessStatus(statusOf);

/** Of a connection that failed: node-fetch keeps the system's code on its own errors, and says `AbortError` at a deadline. */
function codeOf(error: unknown): string | null {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === "string") return code;
  return name === "AbortError" || name === "TimeoutError" ? "no answer in time" : null;
}

/** The client puts the API's own sentence into a body that it has not always parsed. */
function messageOf(error: unknown): string {
  const { body, message } = (error ?? {}) as { body?: unknown; message?: unknown };
  const said = (typeof body === "string" ? parsed(body) : body) as { message?: unknown } | null | undefined;
  if (typeof said?.message === "string") return said.message;
  return typeof message === "string" ? message : String(error);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}

"use client";

import Link from "next/link";
import { useEffect, useRef, useState, useSyncExternalStore, type FormEvent } from "react";
import { useOwnKey } from "@/components/api-docs/own-key";
import { type CallAnswer, type LoggedCost, readLoggedCost, sendCall } from "@/components/api-docs/send-call";
import { TryAnswer } from "@/components/api-docs/try-answer";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { TextAreaField } from "@/components/ui/text-area-field";

type TryItProps = {
  method: string;
  path: string;
  hasKey: boolean;
  fields: readonly { name: string; place: "path" | "query" | "header"; isRequired: boolean }[];
  /** To begin with; null: the route takes none. */
  body: string | null;
};

type Cost = LoggedCost | "looking" | "unknown" | null;

const NAME_START = "try-";

/** Sends the route's request from this page, with the reader's own key. */
export function TryIt({ method, path, hasKey, fields, body }: TryItProps) {
  const [key, setKey] = useOwnKey();
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const [answer, setAnswer] = useState<CallAnswer | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [cost, setCost] = useState<Cost>(null);
  const [isRunning, setRunning] = useState(false);
  const isReady = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const value = (name: string) => {
      const typed = form.get(`${NAME_START}${name}`);
      return typeof typed === "string" ? typed.trim() : "";
    };
    const sent = body === null ? null : value("body");
    const found = findProblems({ key: hasKey ? key.trim() : null, fields, value, body: sent });
    setProblems(found);
    if (Object.keys(found).length > 0) return;
    const abort = new AbortController();
    running.current = abort;
    setAnswer(null);
    setFailure(null);
    setCost(null);
    setRunning(true);
    try {
      const address = addressOf(path, fields, value);
      const whole = await sendCall({ method, address, key: hasKey ? key.trim() : "", body: sent, signal: abort.signal }, setAnswer);
      setRunning(false);
      // A key that we do not know has no log.
      if (whole.requestId && whole.status !== 401 && path.startsWith("/v1/")) {
        setCost("looking");
        setCost((await readLoggedCost(whole.requestId, key.trim(), abort.signal)) ?? "unknown");
      }
    } catch (error) {
      setFailure(abort.signal.aborted ? "Aborted. What was produced until then is charged." : `No answer: ${(error as Error).message}`);
      setCost(null);
    } finally {
      setRunning(false);
    }
  }

  return (
    <section aria-label="Try it" className="rounded-lg border border-line bg-panel p-4">
      <h2 id="try" className="scroll-mt-6 font-semibold">
        Try it
      </h2>
      <noscript>
        <p className="mt-1 text-sm text-muted">Trying needs JavaScript. The examples above do not.</p>
      </noscript>
      {/* Never by the browser itself, before the script is there: that would write the key into the address, and into logs. */}
      <form method="post" onSubmit={(event) => void send(event)} noValidate className="mt-3 grid gap-3">
        {hasKey && (
          <Field
            name={`${NAME_START}key`}
            label="API key"
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={key}
            onChange={(event) => setKey(event.target.value)}
            hint="Stays in this tab's memory, and is forgotten when you leave the reference."
            error={problems["key"]}
          />
        )}
        {fields
          .filter(({ isRequired }) => isRequired)
          .map((field) => (
            <ValueField key={field.name} field={field} error={problems[field.name]} />
          ))}
        {fields.some(({ isRequired }) => !isRequired) && (
          <details>
            <summary className="inline-flex min-h-target cursor-pointer items-center text-sm font-medium hover:text-accent">
              Parameters
            </summary>
            <div className="grid gap-3 pt-1">
              {fields
                .filter(({ isRequired }) => !isRequired)
                .map((field) => (
                  <ValueField key={field.name} field={field} error={problems[field.name]} />
                ))}
            </div>
          </details>
        )}
        {body !== null && (
          <TextAreaField
            name={`${NAME_START}body`}
            label="Body"
            rows={Math.min(12, body.split("\n").length + 1)}
            spellCheck={false}
            defaultValue={body}
            className="font-mono text-sm"
            error={problems["body"]}
          />
        )}
        <div className="flex flex-wrap items-center gap-2">
          <Button type="submit" look="primary" disabled={isRunning || !isReady}>
            Send
          </Button>
          {isRunning && <Button onClick={() => running.current?.abort()}>Abort</Button>}
          {method !== "GET" && hasKey && <span className="text-sm text-muted">Is charged like any other request.</span>}
        </div>
      </form>
      <TryAnswer answer={answer} failure={failure} isRunning={isRunning}>
        {cost === "looking" && <p>Looking into the request log …</p>}
        {cost === "unknown" && <p>The request log does not have it yet.</p>}
        {cost !== null && typeof cost === "object" && (
          <p>
            <Link href={`/dashboard/requests/${cost.id}`} className="text-accent underline underline-offset-2">
              Request log
            </Link>
            : {cost.lane ? `lane ${cost.lane}, ` : ""}
            {cost.input} tokens in, {cost.output} out, <span className="numeric">${cost.costUsd}</span>
          </p>
        )}
      </TryAnswer>
    </section>
  );
}

function ValueField({ field: { name, place }, error }: { field: TryItProps["fields"][number]; error: string | undefined }) {
  return <Field name={`${NAME_START}${name}`} label={`${name} (${place})`} autoComplete="off" spellCheck={false} error={error} />;
}

const never = () => () => {};

type Given = { key: string | null; fields: TryItProps["fields"]; value: (name: string) => string; body: string | null };

function findProblems({ key, fields, value, body }: Given): Record<string, string> {
  const found: Record<string, string> = {};
  if (key === "") found["key"] = "Type an API key first.";
  else if (key !== null && /[^\x21-\x7e]/.test(key)) found["key"] = "A key has no spaces and no other special characters.";
  for (const { name, isRequired } of fields) if (isRequired && value(name) === "") found[name] = `Type a value for ${name}.`;
  try {
    if (body !== null) JSON.parse(body);
  } catch (error) {
    found["body"] = `This is not JSON: ${(error as Error).message}.`;
  }
  return found;
}

/** A parameter of the path may hold slashes where the route says so. */
function addressOf(path: string, fields: TryItProps["fields"], value: (name: string) => string): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => value(name).split("/").map(encodeURIComponent).join("/"));
  const query = new URLSearchParams();
  for (const { name, place } of fields) if (place === "query" && value(name) !== "") query.set(name, value(name));
  return query.size > 0 ? `${filled}?${query}` : filled;
}

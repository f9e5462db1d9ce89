import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "@/tests/factories/eventually";
import { serveTurns, type TurnServer } from "@/tests/factories/serve-turns";
import { ADA, signedInCodex, type StartedCodex } from "@/tests/factories/signed-in-codex";
import type { ChatgptRequest } from "@/workers/simulator/chatgpt/world";

const CALL = "/backend-api/codex/responses";
const SETTINGS = "/backend-api/wham/settings/user";
const MODEL = "gpt-5.5";

describe.each(["built_in", "lane"] as const)("a thread that the real app-server has made ahead, with the %s provider", (provider) => {
  let codex: StartedCodex;
  let served: TurnServer;
  let sdk: OpenAI;

  beforeAll(async () => {
    codex = await signedInCodex(provider);
    codex.chatgpt.control.setStep(ADA, 0);
    served = await serveTurns(() => codex.server);
    sdk = new OpenAI({ baseURL: served.baseUrl, apiKey: "unused", maxRetries: 0 });
  });

  afterAll(async () => {
    await served.close();
    await codex.close();
  });

  const say = async (word: string, effort?: "low" | "high"): Promise<string> => {
    const reasoning = effort === undefined ? {} : { reasoning: { effort } };
    return (await sdk.responses.create({ model: MODEL, input: [{ role: "user", content: `say: ${word}` }], ...reasoning })).output_text;
  };
  const requests = (path: string): ChatgptRequest[] =>
    codex.chatgpt.requests.filter((request) => request.path === path && request.method === (path === CALL ? "POST" : "GET"));
  /** A thread's first item waits for the settings of its account, so this counts the threads that can be used. */
  const threadsMade = (count: number) => eventually(() => expect(requests(SETTINGS)).toHaveLength(count));

  test("it is made when a shape came twice, is one request's own, and sends the model nothing but that request", async () => {
    await say("one");
    await say("two");
    await threadsMade(3);
    expect(await say("three")).toBe("three");
    await threadsMade(4);
    const [, second, third] = requests(CALL).map((request) => request.json as Record<string, unknown>);
    expect(sayings(third)).toEqual([["user", "say: three"]]);
    expect(without(third)).toEqual(without(second));
  });

  test("requests that come at once have a thread each", async () => {
    const words = ["four", "five", "six"];
    expect(await Promise.all(words.map((word) => say(word)))).toEqual(words);
    const calls = requests(CALL);
    expect(new Set(calls.map(threadOf)).size).toBe(calls.length);
    expect(calls.slice(-words.length).flatMap(({ json }) => sayings(json as Record<string, unknown>))).toHaveLength(words.length);
  });

  test("another effort is another shape, and gets it", async () => {
    for (const effort of ["high", "low"] as const) {
      expect(await say("seven", effort)).toBe("seven");
      expect(requests(CALL).at(-1)?.json).toMatchObject({ reasoning: { effort } });
    }
  });
});

function sayings(body: Record<string, unknown> | undefined): string[][] {
  const input = body?.["input"] as { role: string; content: { text: string }[] }[];
  return input.map(({ role, content }) => [role, ...content.map(({ text }) => text)]);
}

/** What may not depend on how the thread came about. */
function without(body: Record<string, unknown> | undefined): Record<string, unknown> {
  const { input: _input, prompt_cache_key: _key, client_metadata: _metadata, ...rest } = body ?? {};
  return rest;
}

function threadOf({ headers }: ChatgptRequest): unknown {
  return (JSON.parse(String(headers["x-codex-turn-metadata"])) as { thread_id: unknown }).thread_id;
}

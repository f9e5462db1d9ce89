import type { z } from "zod";
import type { HeaderName, RequestHeaderName } from "@/lib/api-spec/headers";
import type { AppErrorCode } from "@/lib/errors/app-error";

/** By what a caller is known. `helper`: the secret of a key helper; `key_or_session`: an API key, or the cookie of who is signed in. */
export type Access = "key" | "key_or_session" | "helper" | "nobody";

export type ApiAnswer = {
  status: number;
  description: string;
  headers?: readonly HeaderName[];
  /** Media type to what it holds; none: no body. */
  content?: Readonly<Record<string, z.ZodType>>;
  /** Of a stream of server-sent events: what each `data:` line holds. */
  event?: z.ZodType;
};

/** One route as it is documented. The document, the page and the tests are all made from these. */
export type ApiOperation = {
  /** Unique; names the page. */
  id: string;
  method: "get" | "post" | "delete";
  path: string;
  tag: string;
  summary: string;
  description: string;
  access: Access;
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: readonly RequestHeaderName[];
  body?: { schema: z.ZodType; example: Readonly<Record<string, unknown>> };
  answers: readonly [ApiAnswer, ...ApiAnswer[]];
  /** What it can be refused with. */
  errors: readonly AppErrorCode[];
  /** The same call in OpenAI's own libraries, and what stands between its brackets besides the body. */
  sdk?: { python: string; node: string; positional?: readonly string[] };
  /** Codex itself makes this call. */
  byCodex?: true;
  /** Cannot be tried with an API key on the page. */
  notTried?: true;
};

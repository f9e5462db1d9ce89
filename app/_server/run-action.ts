import { unstable_rethrow } from "next/navigation";
import type { z } from "zod";
import { AppError } from "@/lib/errors/app-error";
import { LANES_MAX } from "@/lib/lanes/make-room";
import type { SignedIn } from "@/lib/users/sessions";

export type Refusal = {
  ok: false;
  /** One sentence per field that is at fault, by its name. */
  fields: Record<string, string>;
  message: string;
  /** What was typed, without secrets: the form shows it again. */
  typed: Record<string, string>;
};

/** `null` before the first submit, so that a form's state can begin with it. */
export type ActionState<T extends object = object> = ({ ok: true } & T) | Refusal | null;

/** Thrown by `run` for an answer that belongs to one field. */
export class FieldError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.name = "FieldError";
    this.field = field;
  }
}

/**
 * `stranger`: nobody needs to be signed in. `newcomer`: also a session that must change its password first. `outsider`: also a user who
 * is not active, as one who has yet to confirm an address.
 */
type Audience = { stranger: null; outsider: SignedIn; newcomer: SignedIn; customer: SignedIn; admin: SignedIn };
export type ActionRole = keyof Audience;

export type ActionClient = { address: string | null; userAgent: string | null };

export type ActionDefinition<S extends z.ZodType, R extends ActionRole, T extends object> = {
  role: R;
  /** Reads the form's fields, all of them text. */
  input: S;
  /** Fields that are never sent back to the form. */
  secrets?: readonly string[];
  run: (request: { input: z.output<S>; session: Audience[R]; client: ActionClient }) => Promise<T>;
};

type Surroundings = {
  form: FormData;
  session: SignedIn | null;
  client: ActionClient;
  /** Logs a bug and names it, so that the person can tell us. */
  report: (bug: unknown) => string;
};

/** Beside a box for each lane. The form of a key's limits has the most, eleven. */
const NAMED_FIELDS_MAX = 30;
const FORM_FIELDS_MAX = LANES_MAX + NAMED_FIELDS_MAX;
/** Of one field. The longest that is real is a key's list of a hundred models, of up to 120 characters each. */
const FORM_TEXT_MAX = 16_000;

export async function runAction<S extends z.ZodType, R extends ActionRole, T extends object>(
  definition: ActionDefinition<S, R, T>,
  { form, session, client, report }: Surroundings,
): Promise<ActionState<T>> {
  const entries = textEntries(form);
  const given = Object.fromEntries(entries);
  const typed = Object.fromEntries(Object.entries(given).filter(([name]) => !definition.secrets?.includes(name)));
  const refuse = (message: string, fields: Record<string, string> = {}): Refusal => ({ ok: false, fields, message, typed });

  if (!mayRun(definition.role, session)) return refuse("Your session has ended or may not do this. Sign in again.");
  const excess = excessOf(entries);
  if (excess) return refuse(excess.message, excess.fields);
  const input = definition.input.safeParse(given);
  if (!input.success) return refuse("Please check the marked fields.", fieldMessages(input.error));
  try {
    // `mayRun` has matched the session to the role.
    const result = await definition.run({ input: input.data, session: session as Audience[R], client });
    return { ...result, ok: true };
  } catch (error) {
    // Redirects and not-found are thrown by Next and belong to it.
    unstable_rethrow(error);
    if (error instanceof FieldError) return refuse(error.message, { [error.field]: error.message });
    if (error instanceof AppError && error.code !== "internal") {
      // A verb names what is at fault by the same word as the form.
      const field = error.param !== undefined && error.param in given ? error.param : null;
      return refuse(error.message, field === null ? {} : { [field]: error.message });
    }
    return refuse(`Something went wrong on our side. Try again; if it stays, tell us this number: ${report(error)}`);
  }
}

function mayRun(role: ActionRole, session: SignedIn | null): boolean {
  if (role === "stranger") return true;
  if (!session) return false;
  if (role === "outsider") return true;
  if (session.status !== "active") return false;
  if (role === "newcomer") return true;
  if (session.mustChangePassword) return false;
  return role === "customer" || session.viewer.role === "admin";
}

/** Names that Next adds to the form begin with `$`. Nobody types a NUL, and Postgres takes no text with one: it is left out. */
function textEntries(form: FormData): [name: string, text: string][] {
  return [...form].flatMap(([name, value]) =>
    typeof value !== "string" || name.startsWith("$") ? [] : [[name.replaceAll("\0", ""), value.replaceAll("\0", "")]],
  );
}

/** A form is taken whole or not at all: with its end cut off, a list would say something else, and a limit that is missing is lifted. */
function excessOf(entries: readonly [name: string, text: string][]): Pick<Refusal, "message" | "fields"> | null {
  if (entries.length > FORM_FIELDS_MAX) {
    const message = `This form came with ${entries.length} fields, and ${FORM_FIELDS_MAX} are the most: nothing was changed. Load the page again.`;
    return { message, fields: {} };
  }
  const names = entries.filter(([, text]) => text.length > FORM_TEXT_MAX).map(([name]) => name);
  if (names.length === 0) return null;
  const advice = `Use ${FORM_TEXT_MAX.toLocaleString("en-US")} characters or fewer.`;
  return {
    message: `Too long: ${names.join(", ")}. ${advice}`,
    fields: Object.fromEntries(names.map((name) => [name, `This is too long. ${advice}`])),
  };
}

function fieldMessages(error: z.ZodError): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const name = String(issue.path[0] ?? "");
    fields[name] ??= issue.message;
  }
  return fields;
}

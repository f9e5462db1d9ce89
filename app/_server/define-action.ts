import { headers } from "next/headers";
import type { z } from "zod";
import { clientFromHeaders } from "@/app/_server/client-from-headers";
import { runAction, type ActionDefinition, type ActionRole, type ActionState } from "@/app/_server/run-action";
import { signedIn } from "@/app/_server/session";
import { newId } from "@/lib/ids/ids";
import { runtime } from "@/lib/runtime/runtime";

/**
 * A Server Action for `useActionState`: it checks who asks by itself, then the input, and answers with a value whatever
 * happens. Works as a plain form post before JavaScript loads.
 */
export function defineAction<S extends z.ZodType, R extends ActionRole, T extends object>(definition: ActionDefinition<S, R, T>) {
  return async (_previous: ActionState<T>, form: FormData): Promise<ActionState<T>> =>
    runAction(definition, {
      form,
      session: definition.role === "stranger" ? null : await signedIn(),
      client: clientFromHeaders(await headers()),
      report: (error) => {
        const requestId = newId("req");
        runtime().log.error({ err: error, requestId }, "server action failed");
        return requestId;
      },
    });
}

"use server";

import { z } from "zod";
import { defineAction } from "@/app/_server/define-action";
import { FieldError } from "@/app/_server/run-action";
import { AppError } from "@/lib/errors/app-error";
import { describedBody, REQUEST_TRAITS } from "@/lib/openai/described-body";
import { runtime } from "@/lib/runtime/runtime";
import { whatIf } from "@/lib/runtime/what-if";

const MODEL_CHARS_MAX = 200;

/** Reads only. A body that is pasted stands for everything else but the key and the endpoint. */
export const whatIfAction = defineAction({
  role: "customer",
  input: z
    .object({
      keyId: z.string("Choose a key."),
      wire: z.enum(["responses", "chat"], "Choose one."),
      model: z.string().trim().max(MODEL_CHARS_MAX, "That is too long for a model's name.").default(""),
      body: z.string().trim().default(""),
    })
    .catchall(z.string()),
  run: async ({ input, session }) => {
    const { keyId, wire, model, body: pasted } = input;
    const traits = REQUEST_TRAITS.filter((trait) => input[trait] === "on");
    const body = pasted === "" ? JSON.stringify(describedBody(wire, { model, traits })) : pasted;
    try {
      const answer = await whatIf(runtime(), { userId: session.viewer.userId, keyId, wire, body });
      return { ...answer, asked: { ...input } };
    } catch (error) {
      // What is wrong in a pasted body is said at its field, whichever of its members it is.
      if (pasted !== "" && error instanceof AppError && error.param !== "keyId" && error.code !== "internal") {
        throw new FieldError("body", error.message);
      }
      throw error;
    }
  },
});

import { redirect } from "next/navigation";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { FieldError, runAction, type ActionDefinition, type ActionRole } from "@/app/_server/run-action";
import { AppError } from "@/lib/errors/app-error";
import type { SignedIn } from "@/lib/users/sessions";

const input = z.object({ name: z.string().min(2, "Give a name of two letters or more."), password: z.string() });
const bugs: unknown[] = [];

function session(role: "customer" | "admin", mustChangePassword = false, status: SignedIn["status"] = "active"): SignedIn {
  return {
    sessionId: "ses_1",
    viewer: { userId: "usr_1", username: "ada", role, via: { kind: "session", sessionId: "ses_1" } },
    mustChangePassword,
    status,
  };
}

function submit(
  fields: Record<string, string>,
  definition: Partial<ActionDefinition<typeof input, ActionRole, object>> = {},
  who: SignedIn | null = session("customer"),
) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return runAction<typeof input, ActionRole, object>(
    { role: "customer", input, secrets: ["password"], run: async ({ input: { name } }) => ({ greeted: name }), ...definition },
    { form, session: who, client: { address: null, userAgent: null }, report: (bug) => `req_${bugs.push(bug)}` },
  );
}

const good = { name: "Ada", password: "secret" };

describe("runAction", () => {
  test("a good form answers ok with what the action returned", async () => {
    expect(await submit(good)).toEqual({ ok: true, greeted: "Ada" });
  });

  test("a bad field is named, and what was typed comes back without secrets", async () => {
    expect(await submit({ name: "A", password: "secret" })).toEqual({
      ok: false,
      message: "Please check the marked fields.",
      fields: { name: "Give a name of two letters or more." },
      typed: { name: "A" },
    });
  });

  test("fields that Next adds to the form are not input", async () => {
    expect(await submit({ ...good, name: "A", $ACTION_ID_1: "x" })).toMatchObject({ typed: { name: "A" } });
  });

  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`field_${at}`, "x"]));

  test("a form of too many fields is refused whole, keeps what was typed, and runs nothing", async () => {
    const run = () => Promise.reject(new Error("it ran"));
    const answer = await submit({ ...good, ...many(79) }, { run });
    expect(answer).toEqual({
      ok: false,
      message: "This form came with 81 fields, and 80 are the most: nothing was changed. Load the page again.",
      fields: {},
      typed: { name: "Ada", ...many(79) },
    });
    expect(await submit({ ...many(78), ...good })).toEqual({ ok: true, greeted: "Ada" });
  });

  test("fields that Next adds to the form are not counted", async () => {
    const added = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`$ACTION_1:${at}`, "x".repeat(20_000)]));
    expect(await submit({ ...added, ...many(78), ...good })).toEqual({ ok: true, greeted: "Ada" });
  });

  test("every field that is too long is named, none is cut, and what was typed comes back whole", async () => {
    const long = "a".repeat(16_001);
    expect(await submit({ ...good, name: long, note: long })).toEqual({
      ok: false,
      message: "Too long: name, note. Use 16,000 characters or fewer.",
      fields: {
        name: "This is too long. Use 16,000 characters or fewer.",
        note: "This is too long. Use 16,000 characters or fewer.",
      },
      typed: { name: long, note: long },
    });
    expect(await submit({ ...good, name: "a".repeat(16_000) })).toEqual({ ok: true, greeted: "a".repeat(16_000) });
  });

  test("a NUL, which no column of text takes, is left out of names and values", async () => {
    expect(await submit({ "name\0": "A\0da", password: "secret" })).toEqual({ ok: true, greeted: "Ada" });
  });

  test("a stranger is refused before the input is looked at", async () => {
    expect(await submit({ name: "A", password: "" }, {}, null)).toMatchObject({
      ok: false,
      fields: {},
      message: expect.stringMatching(/session has ended/),
    });
  });

  test("a customer may not run an admin's action", async () => {
    expect(await submit(good, { role: "admin" })).toMatchObject({ ok: false });
    expect(await submit(good, { role: "admin" }, session("admin"))).toMatchObject({ ok: true });
  });

  test.each(["unverified", "pending", "rejected", "suspended", "deleted"] as const)(
    "a user who is %s can do only what is for outsiders",
    async (status) => {
      for (const role of ["newcomer", "customer", "admin"] as const) {
        expect(await submit(good, { role }, session("admin", false, status))).toMatchObject({ ok: false });
      }
      expect(await submit(good, { role: "outsider" }, session("customer", false, status))).toMatchObject({ ok: true });
    },
  );

  test("whoever must change the password can do only that", async () => {
    expect(await submit(good, {}, session("admin", true))).toMatchObject({ ok: false });
    expect(await submit(good, { role: "newcomer" }, session("customer", true))).toMatchObject({ ok: true });
  });

  test("a refusal of one field is shown at that field", async () => {
    const run = async () => {
      throw new FieldError("name", "That name is taken.");
    };
    expect(await submit(good, { run })).toMatchObject({
      ok: false,
      message: "That name is taken.",
      fields: { name: "That name is taken." },
    });
  });

  test("an expected failure that names a field of the form is shown at that field, and one of another name is not", async () => {
    const failing = (param: string) => submit(good, { run: () => Promise.reject(new AppError("request_invalid", "No.", { param })) });
    expect(await failing("name")).toMatchObject({ ok: false, message: "No.", fields: { name: "No." } });
    expect(await failing("else")).toMatchObject({ ok: false, message: "No.", fields: {} });
  });

  test("an expected failure shows its own text, a bug only its number", async () => {
    const fail = (error: unknown) => async () => {
      throw error;
    };
    expect(await submit(good, { run: fail(new AppError("conflict", "It was changed meanwhile.")) })).toMatchObject({
      message: "It was changed meanwhile.",
    });
    const bug = new Error("select * from secrets");
    expect(await submit(good, { run: fail(bug) })).toMatchObject({ message: expect.stringMatching(/this number: req_1$/) });
    expect(bugs).toEqual([bug]);
  });

  test("a redirect passes through", async () => {
    const run = async () => redirect("/dashboard");
    await expect(submit(good, { run })).rejects.toThrow("NEXT_REDIRECT");
  });
});

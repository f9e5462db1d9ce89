import { expect, test } from "vitest";
import { SIGN_IN_FAILED, withFixedFailure } from "@/app/_server/fixed-failure";

test("what fails behind the sign-in is told to the log, and to a stranger in words that never change", async () => {
  const failure = new Error("connect ECONNREFUSED 10.0.0.3:5432");
  const reported: unknown[] = [];
  const authorize = withFixedFailure(
    async (isRight: boolean) => {
      if (!isRight) throw failure;
      return { id: "usr_1" };
    },
    (error) => reported.push(error),
  );
  expect(await authorize(true)).toEqual({ id: "usr_1" });
  await expect(authorize(false)).rejects.toMatchObject({ message: SIGN_IN_FAILED });
  expect(reported).toEqual([failure]);
});

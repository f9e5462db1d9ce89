/** What was found in one field: what would be left out, or why the lane does not take it. */
export type Judgement = { ignored: readonly string[]; refusal: Refusal | null };

export type Refusal = { param: string; message: string };

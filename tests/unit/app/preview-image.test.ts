import { ImageResponse } from "next/og";
import { expect, test, vi } from "vitest";
import { previewImage, PREVIEW_TYPE } from "@/app/_server/preview-image";

Object.assign(process.env, {
  DATABASE_URL: "postgres://127.0.0.1:9/none",
  NEXTAUTH_SECRET: "x".repeat(32),
  SWITCHYARD_MASTER_KEY: "x".repeat(32),
});

test("a preview is drawn once, however many ask for it", async () => {
  const draw = vi.spyOn(ImageResponse.prototype, "arrayBuffer");
  const preview = { title: "Status", note: "What the probes found." };
  const answers = await Promise.all([previewImage(preview), previewImage(preview)]);
  answers.push(await previewImage(preview));
  for (const answer of answers) {
    expect(answer.headers.get("content-type")).toBe(PREVIEW_TYPE);
    expect(
      Buffer.from(await answer.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  }
  expect(draw).toHaveBeenCalledTimes(1);
  draw.mockRestore();
});

import { PREVIEW_SIZE, PREVIEW_TYPE, previewImage } from "@/app/_server/preview-image";

export const alt = "One address for Codex and every OpenAI client";
export const size = PREVIEW_SIZE;
export const contentType = PREVIEW_TYPE;
export const dynamic = "force-dynamic";

export default function Image() {
  return previewImage({ title: alt, note: "Your ChatGPT plan, your own key, or a prepaid wallet: each request metered and logged." });
}

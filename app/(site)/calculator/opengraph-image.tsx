import { PREVIEW_SIZE, PREVIEW_TYPE, previewImage } from "@/app/_server/preview-image";

export const alt = "Meter or plan?";
export const size = PREVIEW_SIZE;
export const contentType = PREVIEW_TYPE;
export const dynamic = "force-dynamic";

export default function Image() {
  return previewImage({ title: alt, note: "A monthly OpenAI bill against ChatGPT plans and the fee, with every assumption in view." });
}

import { PREVIEW_SIZE, PREVIEW_TYPE, previewImage } from "@/app/_server/preview-image";

export const alt = "Status";
export const size = PREVIEW_SIZE;
export const contentType = PREVIEW_TYPE;
export const dynamic = "force-dynamic";

export default function Image() {
  return previewImage({ title: alt, note: "What the probes of the last 90 days found." });
}

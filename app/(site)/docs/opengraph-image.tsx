import { PREVIEW_SIZE, PREVIEW_TYPE, previewImage } from "@/app/_server/preview-image";

export const alt = "Documentation";
export const size = PREVIEW_SIZE;
export const contentType = PREVIEW_TYPE;
export const dynamic = "force-dynamic";

export default function Image() {
  return previewImage({ title: alt, note: "How it works, setup for each client, lanes, billing rules and errors." });
}

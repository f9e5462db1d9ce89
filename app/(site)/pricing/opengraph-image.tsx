import { PREVIEW_SIZE, PREVIEW_TYPE, previewImage } from "@/app/_server/preview-image";

export const alt = "Pricing";
export const size = PREVIEW_SIZE;
export const contentType = PREVIEW_TYPE;
export const dynamic = "force-dynamic";

export default function Image() {
  return previewImage({ title: alt, note: "A flat fee for Codex lanes, a price per token for the wallet, nothing for your own key." });
}

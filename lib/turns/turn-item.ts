/** The raw items of the Responses API that `thread/inject_items` takes as they are. */
export type TurnItem =
  | { type: "message"; role: "developer" | "user"; content: readonly InputPart[] }
  | { type: "message"; role: "assistant"; content: readonly OutputText[]; phase?: string }
  | { type: "reasoning"; id?: string; summary: readonly { type: "summary_text"; text: string }[]; encrypted_content: string }
  | { type: "function_call"; call_id: string; name: string; arguments: string }
  | { type: "function_call_output"; call_id: string; output: string | readonly InputPart[] };

export type InputText = { type: "input_text"; text: string };
/** A data URL, or an https URL that must be fetched before the item is sent. */
export type InputImage = { type: "input_image"; image_url: string; detail?: string };
export type InputPart = InputText | InputImage;
export type OutputText = { type: "output_text"; text: string };

export function message(role: "developer" | "user", text: string): TurnItem {
  return { type: "message", role, content: [{ type: "input_text", text }] };
}

/** The images that stand elsewhere, and in how many places each is wanted. */
export function remoteImages(items: readonly TurnItem[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const part of items.flatMap(partsOf)) {
    if (part.type === "input_image" && !isDataUrl(part.image_url)) places.set(part.image_url, (places.get(part.image_url) ?? 0) + 1);
  }
  return places;
}

/** The same items with those images as data URLs. */
export function withImages(items: readonly TurnItem[], dataUrls: ReadonlyMap<string, string>): TurnItem[] {
  const replace = (part: InputPart): InputPart => {
    const dataUrl = part.type === "input_image" ? dataUrls.get(part.image_url) : undefined;
    return dataUrl === undefined || part.type !== "input_image" ? part : { ...part, image_url: dataUrl };
  };
  return items.map((item) => {
    if (item.type === "message" && item.role !== "assistant") return { ...item, content: item.content.map(replace) };
    if (item.type === "function_call_output" && typeof item.output !== "string") return { ...item, output: item.output.map(replace) };
    return item;
  });
}

/** Everything in it that is text, for counting. */
export function textOfItems(items: readonly TurnItem[]): string {
  return items.map(textOfItem).join("\n");
}

export function isDataUrl(url: string): boolean {
  return /^data:/i.test(url);
}

function textOfItem(item: TurnItem): string {
  if (item.type === "function_call") return `${item.name} ${item.arguments}`;
  if (item.type === "reasoning") return item.summary.map((part) => part.text).join("\n");
  if (item.type === "function_call_output" && typeof item.output === "string") return item.output;
  if (item.type === "message" && item.role === "assistant") return item.content.map((part) => part.text).join("");
  return partsOf(item)
    .map((part) => (part.type === "input_text" ? part.text : ""))
    .join("");
}

function partsOf(item: TurnItem): readonly InputPart[] {
  if (item.type === "message" && item.role !== "assistant") return item.content;
  return item.type === "function_call_output" && typeof item.output !== "string" ? item.output : [];
}

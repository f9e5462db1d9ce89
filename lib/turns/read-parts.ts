import { AppError } from "@/lib/errors/app-error";
import { asDict, asList, isSet } from "@/lib/turns/json-value";
import { checkDataImage } from "@/lib/turns/check-data-image";
import { isDataUrl } from "@/lib/turns/turn-item";
import type { Dict } from "@/lib/turns/json-value";
import type { InputImage, InputPart, OutputText } from "@/lib/turns/turn-item";

const DETAILS = new Set(["auto", "low", "high", "original"]);

/** Content of a developer or user message, or a tool's output: text, or parts of either wire. */
export function readInputParts(content: unknown, at: string): InputPart[] {
  if (!isSet(content)) throw invalid(at, `${at} is required.`);
  if (typeof content === "string") return [{ type: "input_text", text: content }];
  return partList(content, at).map((part, index) => {
    const here = `${at}[${index}]`;
    const type = part["type"];
    if (type === "image_url" || type === "input_image") return readImage(part, here);
    return { type: "input_text", text: partText(part, here) };
  });
}

/** Content of an assistant message. A refusal was said in words too. */
export function readOutputParts(content: unknown, at: string): OutputText[] {
  if (!isSet(content)) return [];
  if (typeof content === "string") return content === "" ? [] : [{ type: "output_text", text: content }];
  return partList(content, at).map((part, index) => ({ type: "output_text", text: partText(part, `${at}[${index}]`) }));
}

export function invalid(param: string, text: string): AppError {
  return new AppError("request_invalid", text, { param });
}

export function textAt(value: unknown, at: string): string {
  if (typeof value !== "string") throw invalid(at, `${at} must be a string.`);
  return value;
}

function partList(content: unknown, at: string): Dict[] {
  if (!Array.isArray(content)) throw invalid(at, `${at} must be a string or an array of parts.`);
  return asList(content).map((part, index) => {
    const dict = asDict(part);
    if (dict === null) throw invalid(`${at}[${index}]`, `${at}[${index}] must be an object.`);
    return dict;
  });
}

function partText(part: Dict, at: string): string {
  return part["type"] === "refusal" ? textAt(part["refusal"], `${at}.refusal`) : textAt(part["text"], `${at}.text`);
}

function readImage(part: Dict, at: string): InputImage {
  const named = part["image_url"];
  const holder = asDict(named);
  const url = textAt(holder ? holder["url"] : named, holder ? `${at}.image_url.url` : `${at}.image_url`);
  const detail = holder ? holder["detail"] : part["detail"];
  if (isDataUrl(url)) checkDataImage(url, at);
  else if (!URL.canParse(url) || new URL(url).protocol !== "https:")
    throw invalid(at, `${at}: an image must be a data URL or begin with https://.`);
  return { type: "input_image", image_url: url, ...(DETAILS.has(detail as string) ? { detail: detail as string } : {}) };
}

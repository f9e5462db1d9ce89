import { AppError } from "@/lib/errors/app-error";
import type { Wire } from "@/lib/openai/request-facts";

/** What stands inside `input`, `messages` and `tools`. Lists hold each value once. */
export type ContentFacts = {
  imagesCount: number;
  /** Bytes of the images that are written into the body as `data:image/…` URLs; never more than they take there. */
  imageDataBytes: number;
  remoteImages: number;
  /** Ids of files that upstream keeps: `input_file.file_id`, `input_image.file_id`, `file.file_id`. */
  fileIds: readonly string[];
  /** Files written into the body or named by URL; what they cost is not bounded by their bytes. */
  filesCount: number;
  audioInput: boolean;
  /** An item that names one that upstream keeps, instead of carrying it. */
  itemReferences: boolean;
  itemTypes: readonly string[];
  partTypes: readonly string[];
  toolTypes: readonly string[];
  /** The tools that upstream runs itself. */
  hostedTools: readonly string[];
  /** Where the hosted web search tools stand, for taking them out. */
  webSearchTools: readonly ToolPlace[];
  /** `tool_choice` names these types of tools. */
  chosenTools: readonly string[];
};

export type ToolPlace = { path: readonly [string, ...(string | number)[]]; index: number; type: string };

type Path = [string, ...(string | number)[]];
type Dict = Record<string, unknown>;

const NAMESPACE_DEPTH_MAX = 8;
const DATA_IMAGE = /^data:image\//i;

/** Tools that the client runs. `tool_search` and `shell` belong here only in their client-run form. */
const CLIENT_TOOLS = new Set(["function", "custom", "namespace", "apply_patch", "local_shell"]);

export function isWebSearch(type: string): boolean {
  return type.startsWith("web_search");
}

export function readParts(wire: Wire, body: Readonly<Dict>): ContentFacts {
  const reader = new ContentReader();
  if (wire === "responses") reader.readInput(body["input"]);
  else reader.readMessages(body["messages"]);
  reader.readTools(body["tools"], ["tools"], 0);
  reader.readToolChoice(body["tool_choice"]);
  return reader.facts();
}

class ContentReader {
  private imagesCount = 0;
  private imageDataBytes = 0;
  private remoteImages = 0;
  private filesCount = 0;
  private audioInput = false;
  private itemReferences = false;
  private readonly fileIds = new Set<string>();
  private readonly itemTypes = new Set<string>();
  private readonly partTypes = new Set<string>();
  private readonly toolTypes = new Set<string>();
  private readonly hostedTools = new Set<string>();
  private readonly chosenTools = new Set<string>();
  private readonly webSearchTools: ToolPlace[] = [];

  facts(): ContentFacts {
    return {
      imagesCount: this.imagesCount,
      imageDataBytes: this.imageDataBytes,
      remoteImages: this.remoteImages,
      fileIds: [...this.fileIds],
      filesCount: this.filesCount,
      audioInput: this.audioInput,
      itemReferences: this.itemReferences,
      itemTypes: [...this.itemTypes],
      partTypes: [...this.partTypes],
      toolTypes: [...this.toolTypes],
      hostedTools: [...this.hostedTools],
      webSearchTools: this.webSearchTools,
      chosenTools: [...this.chosenTools],
    };
  }

  readInput(input: unknown): void {
    if (input === undefined || input === null || typeof input === "string") return;
    for (const [index, item] of list(input, "input").entries()) {
      const at = `input[${index}]`;
      const dict = object(item, at);
      const type = itemType(dict, at);
      this.itemTypes.add(type);
      if (type === "item_reference") this.itemReferences = true;
      if (type === "image_generation_call") this.imagesCount++;
      this.readContent(dict["content"], `${at}.content`);
      // What a shell printed is a list of its own shape, without parts.
      if (type !== "shell_call_output") this.readContent(dict["output"], `${at}.output`);
      if (dict["tools"] !== undefined) this.readTools(dict["tools"], ["input", index, "tools"], 0);
    }
  }

  readMessages(messages: unknown): void {
    if (messages === undefined || messages === null) return;
    for (const [index, message] of list(messages, "messages").entries()) {
      const at = `messages[${index}]`;
      const dict = object(message, at);
      this.itemTypes.add("message");
      // An earlier spoken answer is named by id: upstream keeps it.
      if (dict["audio"] !== undefined && dict["audio"] !== null) this.itemReferences = true;
      this.readContent(dict["content"], `${at}.content`);
    }
  }

  readTools(tools: unknown, path: Path, depth: number): void {
    if (tools === undefined || tools === null) return;
    const at = pathText(path);
    if (depth > NAMESPACE_DEPTH_MAX) throw invalid(at, `${at} is nested deeper than ${NAMESPACE_DEPTH_MAX} namespaces.`);
    for (const [index, tool] of list(tools, at).entries()) {
      const dict = object(tool, `${at}[${index}]`);
      const type = string(dict["type"], `${at}[${index}].type`);
      this.toolTypes.add(type);
      if (!runsAtClient(type, dict)) this.hostedTools.add(type);
      if (isWebSearch(type)) this.webSearchTools.push({ path, index, type });
      if (dict["tools"] !== undefined) this.readTools(dict["tools"], [...path, index, "tools"], depth + 1);
    }
  }

  readToolChoice(choice: unknown): void {
    if (typeof choice !== "object" || choice === null) return;
    const dict = choice as Dict;
    if (typeof dict["type"] === "string") this.chosenTools.add(dict["type"]);
    const allowed = Array.isArray(dict["tools"]) ? dict["tools"] : [];
    for (const tool of allowed as unknown[]) {
      const type = typeof tool === "object" && tool !== null ? (tool as Dict)["type"] : undefined;
      if (typeof type === "string") this.chosenTools.add(type);
    }
  }

  /** Message content and tool output: text, one part, or a list of parts. */
  private readContent(content: unknown, at: string): void {
    if (content === undefined || content === null || typeof content === "string") return;
    if (!Array.isArray(content)) return this.readPart(object(content, at), at);
    for (const [index, part] of (content as unknown[]).entries()) {
      if (typeof part === "string") continue;
      this.readPart(object(part, `${at}[${index}]`), `${at}[${index}]`);
    }
  }

  private readPart(part: Dict, at: string): void {
    const type = string(part["type"], `${at}.type`);
    this.partTypes.add(type);
    if (type === "input_image" || type === "image_url" || type === "computer_screenshot") this.readImage(part, at);
    else if (type === "input_file" || type === "file") this.readFile(type === "file" ? object(part["file"], `${at}.file`) : part, at);
    else if (type === "input_audio") this.audioInput = true;
  }

  private readImage(part: Dict, at: string): void {
    this.imagesCount++;
    if (part["file_id"] !== undefined && part["file_id"] !== null) this.fileIds.add(string(part["file_id"], `${at}.file_id`));
    const named = part["image_url"];
    if (named === undefined || named === null) return;
    const url = typeof named === "string" ? named : string(object(named, `${at}.image_url`)["url"], `${at}.image_url.url`);
    // UTF-16 units are never more than bytes, so what is taken off the text's bound is never too much.
    if (DATA_IMAGE.test(url)) this.imageDataBytes += url.length;
    else this.remoteImages++;
  }

  private readFile(part: Dict, at: string): void {
    const id = part["file_id"];
    if (id === undefined || id === null) this.filesCount++;
    else this.fileIds.add(string(id, `${at}.file_id`));
  }
}

function runsAtClient(type: string, tool: Dict): boolean {
  if (CLIENT_TOOLS.has(type)) return true;
  if (type === "tool_search") return tool["execution"] === "client";
  if (type !== "shell") return false;
  const environment = tool["environment"];
  return typeof environment === "object" && environment !== null && (environment as Dict)["type"] === "local";
}

/** Messages may leave out their type, and so may references, which carry nothing but an id. */
function itemType(item: Dict, at: string): string {
  const type = item["type"];
  if (type !== undefined && type !== null) return string(type, `${at}.type`);
  return item["role"] === undefined ? "item_reference" : "message";
}

function list(value: unknown, at: string): unknown[] {
  if (!Array.isArray(value)) throw invalid(at, `${at} must be an array.`);
  return value as unknown[];
}

function object(value: unknown, at: string): Dict {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(at, `${at} must be an object.`);
  return value as Dict;
}

function string(value: unknown, at: string): string {
  if (typeof value !== "string") throw invalid(at, `${at} must be a string.`);
  return value;
}

function pathText(path: Path): string {
  return path.map((step, index) => (typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`)).join("");
}

function invalid(param: string, message: string): AppError {
  return new AppError("request_invalid", message, { param });
}

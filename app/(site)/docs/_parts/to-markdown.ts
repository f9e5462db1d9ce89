import { Fragment, isValidElement, type ReactElement, type ReactNode } from "react";

/*
 * A page of the documentation as Markdown, from the same source as its HTML: the compiled MDX is rendered with parts that answer
 * plain HTML elements, and these are written down here. Parts may be asynchronous; an element that is not in the lists below throws,
 * so that no page can be served half.
 */

/** What is left of a React tree once every part has been rendered. */
export type Plain = string | { tag: string; props: Readonly<Record<string, unknown>>; children: readonly Plain[] };

export type Heading = { level: number; id: string; text: string };

/** The text under each heading, the heading itself left out; the first has none. */
export type Section = { heading: Heading | null; text: string };

const DEPTH_MAX = 64;

export async function resolvePlain(node: ReactNode | Promise<ReactNode>, depth = 0): Promise<Plain[]> {
  if (depth > DEPTH_MAX) throw new Error("the documentation is nested too deeply");
  const settled = await node;
  if (settled === null || settled === undefined || typeof settled === "boolean") return [];
  if (typeof settled === "string" || typeof settled === "number" || typeof settled === "bigint") return [String(settled)];
  if (Array.isArray(settled)) return (await Promise.all(settled.map((child: ReactNode) => resolvePlain(child, depth)))).flat();
  if (!isValidElement(settled)) throw new Error("the documentation holds something that is no element");
  const { type, props } = settled as ReactElement<Record<string, unknown> & { children?: ReactNode }>;
  if (typeof type === "function") {
    return resolvePlain((type as (given: typeof props) => ReactNode | Promise<ReactNode>)(props), depth + 1);
  }
  const children = await resolvePlain(props.children, depth + 1);
  if (type === (Fragment as unknown)) return children;
  if (typeof type !== "string") throw new Error("the documentation holds an element that cannot be written as Markdown");
  return [{ tag: type, props, children }];
}

export function toMarkdown(nodes: readonly Plain[]): string {
  return `${blocks(nodes).join("\n\n")}\n`;
}

export function headingsOf(nodes: readonly Plain[]): Heading[] {
  return nodes.flatMap((node) => (typeof node === "string" ? [] : (headingOf(node) ?? headingsOf(node.children))));
}

export function sectionsOf(nodes: readonly Plain[]): Section[] {
  const sections: { heading: Heading | null; parts: string[] }[] = [{ heading: null, parts: [] }];
  for (const node of nodes) {
    const heading = typeof node === "string" ? null : headingOf(node);
    if (heading) sections.push({ heading, parts: [] });
    else sections.at(-1)?.parts.push(textOf(node));
  }
  return sections.map(({ heading, parts }) => ({ heading, text: parts.join(" ").replace(/\s+/g, " ").trim() }));
}

/** Empty: there is none that is a text. */
function prop({ props }: Exclude<Plain, string>, name: string): string {
  const value = props[name];
  return typeof value === "string" ? value : "";
}

function headingOf(node: Exclude<Plain, string>): Heading | null {
  const level = /^h([1-6])$/.exec(node.tag)?.[1];
  if (level === undefined) return null;
  return { level: Number(level), id: prop(node, "id"), text: node.children.map(textOf).join("").trim() };
}

const TEXT_BREAKS = new Set(["p", "li", "td", "th", "tr", "div", "pre", "dt", "dd", "h2", "h3", "h4", "br"]);

function textOf(node: Plain): string {
  if (typeof node === "string") return node;
  const text = node.children.map(textOf).join("");
  return TEXT_BREAKS.has(node.tag) ? `${text} ` : text;
}

const INLINE = new Set(["a", "code", "em", "strong", "del", "span", "br", "b", "i", "abbr", "time"]);

/** Runs of text and inline elements become paragraphs of their own. */
function blocks(nodes: readonly Plain[]): string[] {
  const written: string[] = [];
  let run: Plain[] = [];
  const endRun = () => {
    const text = inline(run).trim();
    if (text !== "") written.push(text);
    run = [];
  };
  for (const node of nodes) {
    if (typeof node === "string" || INLINE.has(node.tag)) {
      run.push(node);
    } else {
      endRun();
      written.push(...block(node));
    }
  }
  endRun();
  return written;
}

function block(node: Exclude<Plain, string>): string[] {
  const { tag, children } = node;
  switch (tag) {
    case "h1":
    case "h2":
    case "h3":
    case "h4":
      return [`${"#".repeat(Number(tag.slice(1)))} ${inline(children).trim()}`];
    case "p":
      return [inline(children).trim()];
    case "ul":
    case "ol":
      return [list(node)];
    case "pre":
      return [fenced(node)];
    case "blockquote":
      return [blocks(children).join("\n\n").replace(/^/gm, "> ")];
    case "hr":
      return ["---"];
    case "table":
      return [table(node)];
    case "div":
    case "section":
    case "figure":
      return blocks(children);
    default:
      throw new Error(`<${tag}> cannot be written as Markdown`);
  }
}

function list({ tag, children }: Exclude<Plain, string>): string {
  const items = children.filter((child): child is Exclude<Plain, string> => typeof child !== "string" && child.tag === "li");
  const written = items.map((item, index) => {
    const mark = tag === "ol" ? `${index + 1}. ` : "- ";
    return mark + indent(blocks(item.children).join("\n\n"), " ".repeat(mark.length)).slice(mark.length);
  });
  const isLoose = written.some((item) => item.includes("\n\n"));
  return written.join(isLoose ? "\n\n" : "\n");
}

function fenced(node: Exclude<Plain, string>): string {
  const { children } = node;
  const code = children.find((child): child is Exclude<Plain, string> => typeof child !== "string" && child.tag === "code");
  const lang = /language-(\S+)/.exec(code ? prop(code, "className") : "")?.[1] ?? "";
  const text = (code ?? { children }).children.map(raw).join("").replace(/\n+$/, "");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  const title = prop(node, "title");
  return `${title === "" ? "" : `${escapeText(title)}:\n\n`}${fence}${lang}\n${text}\n${fence}`;
}

function table({ children }: Exclude<Plain, string>): string {
  const rows = rowsOf(children);
  const [head = [], ...body] = rows.map((row) => row.map((cell) => inline(cell).trim().replace(/\s+/g, " ").replaceAll("|", "\\|")));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}

function rowsOf(nodes: readonly Plain[]): (readonly Plain[])[][] {
  return nodes.flatMap((node) => {
    if (typeof node === "string" || node.tag === "caption") return [];
    if (node.tag !== "tr") return rowsOf(node.children);
    return [node.children.flatMap((cell) => (typeof cell === "string" ? [] : [cell.children]))];
  });
}

function inline(nodes: readonly Plain[]): string {
  return nodes.map(inlineOne).join("");
}

function inlineOne(node: Plain): string {
  if (typeof node === "string") return escapeText(node.replace(/\s+/g, " "));
  const { tag, children } = node;
  const text = () => inline(children);
  switch (tag) {
    case "a":
      return `[${text()}](${prop(node, "href")})`;
    case "code":
      return inlineCode(children.map(raw).join(""));
    case "em":
    case "i":
      return `*${text()}*`;
    case "strong":
    case "b":
      return `**${text()}**`;
    case "del":
      return `~~${text()}~~`;
    case "br":
      return " ";
    case "p":
    case "div":
    case "li":
      return `${text()} `;
    case "span":
    case "abbr":
    case "time":
    case "ul":
      return text();
    default:
      throw new Error(`<${tag}> cannot stand in a line of Markdown`);
  }
}

function inlineCode(text: string): string {
  const fence = "`".repeat(longestRun(text) + 1);
  const pad = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

function raw(node: Plain): string {
  return typeof node === "string" ? node : node.children.map(raw).join("");
}

function escapeText(text: string): string {
  return text.replace(/[\\`*<]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\$&");
}

function indent(text: string, by: string): string {
  return text.replace(/^(?!$)/gm, by);
}

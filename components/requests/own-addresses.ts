import { ownPath } from "@/lib/http/own-path";

/** A piece of a sentence; with `path` it is an address of this installation. */
export type TextPart = { text: string; path: string | null };

const ADDRESS = /https?:\/\/[^\s"'<>]+/g;
/** What ends a sentence or a bracket behind an address is not of it. */
const TRAILING = /[.,;:!?)\]]+$/;

/** Only addresses below `publicUrl` are told apart: error texts may be an upstream's, whose addresses lead anywhere. */
export function splitOwnAddresses(text: string, publicUrl: string): TextPart[] {
  const { origin } = new URL(publicUrl);
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = found.replace(TRAILING, "");
    if (!URL.canParse(address)) continue;
    const url = new URL(address);
    // Behind our own host a path may still begin with two slashes, which a link would take for another host.
    const path = url.origin === origin && url.username === "" ? ownPath(`${url.pathname}${url.search}`) : null;
    if (path === null) continue;
    if (index > end) parts.push({ text: text.slice(end, index), path: null });
    parts.push({ text: address, path: `${path}${url.hash}` });
    end = index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), path: null });
  return parts;
}

import type { StatusIncident } from "@/lib/status/read";

type Feed = { brandName: string; publicUrl: string; incidents: readonly StatusIncident[]; readAt: string };

/** RSS 2.0. An incident that has ended is the same item with other words: its id stays. */
export function statusFeed({ brandName, publicUrl, incidents, readAt }: Feed): string {
  const items = incidents.map(({ id, name, summary, startedAt, resolvedAt }) => {
    const state = resolvedAt === null ? "It is not over." : `It was over at ${resolvedAt}.`;
    return [
      "<item>",
      `<title>${escape(`${name}: ${resolvedAt === null ? "disrupted" : "resolved"}`)}</title>`,
      `<link>${escape(`${publicUrl}/status#${id}`)}</link>`,
      `<guid isPermaLink="false">${escape(id)}</guid>`,
      `<pubDate>${new Date(startedAt).toUTCString()}</pubDate>`,
      `<description>${escape(`${summary} It began at ${startedAt}. ${state}`)}</description>`,
      "</item>",
    ].join("");
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>',
    `<title>${escape(`${brandName} status`)}</title>`,
    `<link>${escape(`${publicUrl}/status`)}</link>`,
    `<description>${escape(`Incidents of ${brandName}, found by its own probes.`)}</description>`,
    `<atom:link href="${escape(`${publicUrl}/status/feed.xml`)}" rel="self" type="application/rss+xml"/>`,
    `<lastBuildDate>${new Date(readAt).toUTCString()}</lastBuildDate>`,
    ...items,
    "</channel></rss>",
    "",
  ].join("\n");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

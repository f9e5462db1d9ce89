import { expect, test } from "vitest";
import { statusFeed } from "@/lib/status/status-feed";

const feed = {
  brandName: "Rails & Co",
  publicUrl: "https://gateway.example",
  readAt: "2026-11-21T12:00:00.000Z",
  incidents: [
    { id: "inc_2", name: "Mail", summary: "a < b", startedAt: "2026-11-21T10:00:00.000Z", resolvedAt: null },
    { id: "inc_1", name: "Gateway", summary: "gone", startedAt: "2026-11-20T10:00:00.000Z", resolvedAt: "2026-11-20T10:05:00.000Z" },
  ],
};

test("the feed names each incident once, newest first, and says whether it is over", () => {
  const text = statusFeed(feed);
  expect([...text.matchAll(/<guid isPermaLink="false">(\w+)<\/guid>/g)].map(([, id]) => id)).toEqual(["inc_2", "inc_1"]);
  expect(text).toContain("Mail: disrupted");
  expect(text).toContain("Gateway: resolved");
  expect(text).toContain("It was over at 2026-11-20T10:05:00.000Z.");
  expect(text).toContain("<pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate>");
});

test("what stands for markup in a text is escaped", () => {
  const text = statusFeed(feed);
  expect(text).toContain("Rails &amp; Co status");
  expect(text).toContain("a &lt; b");
});

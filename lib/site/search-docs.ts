/** What stands under one heading of the documentation. */
export type DocsSection = {
  /** With the place on the page. */
  href: string;
  page: string;
  /** Empty: what stands above the first heading. */
  heading: string;
  text: string;
};

export type DocsHit = { href: string; page: string; heading: string; excerpt: string };

const HITS_MAX = 12;
const WORDS_MAX = 8;
const QUERY_LENGTH_MAX = 200;
const EXCERPT_BEFORE = 40;
const EXCERPT_LENGTH = 150;

const WEIGHT = { page: 6, heading: 8, wordStart: 2, inside: 1 };

/** Sections that hold every word of the query, those first in which it stands in a heading. Pure: it runs in the browser and on the server. */
export function searchDocs(sections: readonly DocsSection[], query: string): DocsHit[] {
  const words = wordsOf(query);
  if (words.length === 0) return [];
  return sections
    .map((section) => ({ section, score: scoreOf(section, words) }))
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score)
    .slice(0, HITS_MAX)
    .map(({ section: { href, page, heading, text } }) => ({ href, page, heading, excerpt: excerptOf(text, words) }));
}

function wordsOf(query: string): string[] {
  return query.slice(0, QUERY_LENGTH_MAX).toLowerCase().split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
}

/** 0: a word is missing. */
function scoreOf(section: DocsSection, words: readonly string[]): number {
  const [page, heading, text] = [section.page, section.heading, section.text].map((part) => part.toLowerCase()) as [string, string, string];
  let score = 0;
  for (const word of words) {
    const found =
      (page.includes(word) ? WEIGHT.page : 0) +
      (heading.includes(word) ? WEIGHT.heading : 0) +
      (startsAWord(text, word) ? WEIGHT.wordStart : text.includes(word) ? WEIGHT.inside : 0);
    if (found === 0) return 0;
    score += found;
  }
  return score;
}

function startsAWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[a-z0-9]/.test(text[at - 1] ?? "")) return true;
  }
  return false;
}

function excerptOf(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase();
  const found = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
  const first = found.length > 0 ? Math.min(...found) : 0;
  const from = first <= EXCERPT_BEFORE ? 0 : text.indexOf(" ", first - EXCERPT_BEFORE) + 1;
  const piece = text.slice(from, from + EXCERPT_LENGTH);
  const cut = from + EXCERPT_LENGTH < text.length ? `${piece.replace(/\s\S*$/, "")} …` : piece;
  return from > 0 ? `… ${cut}` : cut;
}

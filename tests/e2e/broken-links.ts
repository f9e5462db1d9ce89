/** Of HTML, and of Markdown. */
const LINK = /<a [^>]*?href="([^"]+)"|\]\(([^)]+)\)/g;

/** The links from these pages of `origin` to others of it that are not there, or have no such place, as "page -> target". */
export async function brokenLinks(origin: string, addresses: readonly string[]): Promise<string[]> {
  const documents = new Map<string, Promise<{ status: number; text: string }>>();
  const load = (address: string) => {
    const known =
      documents.get(address) ?? fetch(`${origin}${address}`).then(async (answer) => ({ status: answer.status, text: await answer.text() }));
    documents.set(address, known);
    return known;
  };
  const broken = new Set<string>();
  for (const address of addresses) {
    for (const [, href, markdown] of (await load(address)).text.matchAll(LINK)) {
      const link = new URL((href ?? markdown ?? "").replaceAll("&amp;", "&"), `${origin}${address}`);
      if (link.origin !== origin) continue;
      const target = await load(link.pathname);
      if (target.status !== 200) broken.add(`${address} -> ${link.pathname}: ${target.status}`);
      else if (link.hash !== "" && !target.text.includes(`id="${link.hash.slice(1)}"`))
        broken.add(`${address} -> ${link.pathname}${link.hash}`);
    }
  }
  return [...broken];
}

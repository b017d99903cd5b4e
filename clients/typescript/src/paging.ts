/** Lists that come in pages, as iterators. */

type Page = { cursor?: string };

/** Go through all pages; `ask` gets the cursor of the next page, none for the first. */
export async function* pages<Answer extends Page>(
  ask: (cursor: string | undefined) => Promise<Answer>,
): AsyncGenerator<Answer> {
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    yield page;
    cursor = page.cursor;
  } while (cursor);
}

/** Collect the members of all pages, at most `limit` of them. */
export async function collect<Answer extends Page, Item>(
  ask: (cursor: string | undefined) => Promise<Answer>,
  items: (page: Answer) => readonly Item[],
  limit = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages(ask)) {
    found.push(...items(page));
    if (found.length >= limit) return found.slice(0, limit);
  }
  return found;
}

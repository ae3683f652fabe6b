import type { ListQuery, Storage } from '../../src/storage/storage.ts';

const EVERYTHING: ListQuery = { status: 'completed', limit: 1000, order: 'asc' };

/** The ids of one page; what is not said in `query` is: completed, all of them, oldest first. */
export async function listIds(
  storage: Storage,
  query: Partial<ListQuery> = {},
  project = 'home',
): Promise<string[]> {
  const { completions } = await storage.list(project, { ...EVERYTHING, ...query });
  return completions.map(({ id }) => id);
}

/** The ids of every page, each begun behind the last id of the one before; `onPage` runs between them. */
export async function walkIds(
  storage: Storage,
  query: Partial<ListQuery>,
  onPage: () => Promise<void> = async () => {},
): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = await storage.list('home', { ...EVERYTHING, after: ids.at(-1), ...query });
    ids.push(...page.completions.map(({ id }) => id));
    if (!page.hasMore) return ids;
    query = { ...query, after: ids.at(-1) };
    await onPage();
  }
}

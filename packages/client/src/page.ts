// Lists that span several answers: one page, and the promise of one that can be iterated without being awaited.

import { APIPromise } from './api-promise.ts';
import type { CursorPageResponse } from './contract/cursor-page.ts';
import type { ClientOptions, Query, RequestOptions } from './options.ts';
import { readJson, request, type Answer } from './request.ts';

type FetchPage<Item extends { id: string }> = (after: string) => PagePromise<Item>;

/**
 * One page of a list. `for await (const item of page)` yields its items and then those of the following pages,
 * each fetched when it is needed.
 */
export class CursorPage<Item extends { id: string }>
  implements CursorPageResponse<Item>, AsyncIterable<Item>
{
  readonly object = 'list';
  readonly data: Item[];
  readonly first_id: string | null;
  readonly last_id: string | null;
  readonly has_more: boolean;
  readonly #fetchPage: FetchPage<Item>;

  constructor(list: CursorPageResponse<Item>, fetchPage: FetchPage<Item>) {
    this.data = list.data ?? [];
    this.first_id = list.first_id ?? null;
    this.last_id = list.last_id ?? null;
    this.has_more = list.has_more ?? false;
    this.#fetchPage = fetchPage;
  }

  /** Whether the server says that another page follows, and the last item has an id to go on from. */
  hasNextPage(): boolean {
    return this.has_more && Boolean(this.data.at(-1)?.id);
  }

  /** Fetches the page that follows. Throws `RangeError` if there is none: ask `hasNextPage()` first. */
  async getNextPage(): Promise<CursorPage<Item>> {
    if (!this.hasNextPage()) throw new RangeError('This is the last page');
    return this.#fetchPage((this.data.at(-1) as Item).id);
  }

  /** This page and those that follow. */
  async *iterPages(): AsyncGenerator<CursorPage<Item>, void, undefined> {
    // oxlint-disable-next-line typescript/no-this-alias -- the walk begins here
    let page: CursorPage<Item> = this;
    yield page;
    while (page.hasNextPage()) {
      page = await page.getNextPage();
      yield page;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.iterPages()) yield* page.data;
  }
}

/** What a list operation returns: await it for the first page, or iterate it for every item. */
export class PagePromise<Item extends { id: string }>
  extends APIPromise<CursorPage<Item>>
  implements AsyncIterable<Item>
{
  constructor(answer: Promise<Answer>, fetchPage: FetchPage<Item>) {
    super(answer, async (head) => new CursorPage(await readJson<CursorPageResponse<Item>>(head), fetchPage));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    yield* await this;
  }
}

/** Fetches a page of the list at `path`; the pages that follow repeat the query with another `after`. */
export function requestPage<Item extends { id: string }>(
  options: ClientOptions,
  path: string,
  query: object,
  requestOptions?: RequestOptions,
): PagePromise<Item> {
  const call = { method: 'GET', path, query: flatten(query) } as const;
  return new PagePromise(request(options, call, requestOptions), (after) =>
    requestPage(options, path, { ...query, after }, requestOptions),
  );
}

type QueryValue = string | number | boolean | null | undefined | Readonly<Record<string, string>>;

/** `null` becomes an empty value, a nested map `name[key]=value`. */
function flatten(query: object): Query {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(query) as [string, QueryValue][]) {
    if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) flat[`${name}[${key}]`] = item;
    } else {
      flat[name] = value === undefined ? value : String(value ?? '');
    }
  }
  return flat;
}

import type { JsonBytes } from '../json/members.ts';

export interface RenderedItem {
  readonly id: string;
  readonly json: JsonBytes;
}

/** A page of a list with a cursor, put together from the JSON texts of its items. */
export function renderPage(items: readonly RenderedItem[], hasMore: boolean): JsonBytes {
  const data = items.flatMap(({ json }, index) => [Buffer.from(index === 0 ? '' : ','), json]);
  const end = { first_id: items.at(0)?.id ?? null, last_id: items.at(-1)?.id ?? null, has_more: hasMore };
  return Buffer.concat([
    Buffer.from('{"object":"list","data":['),
    ...data,
    Buffer.from(`],${JSON.stringify(end).slice(1)}`),
  ]);
}
